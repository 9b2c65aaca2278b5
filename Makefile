# make demo      environment, sample data, the three stages, a report, and where to look
# make quick     environment, and the tests that cost little, within a minute on two cores
# make test      environment, and all tests
# make coverage  all tests, and what share of the code they ran; half as slow again
# make lint      ruff and mypy
# make gpu       onnxruntime-gpu in the place of onnxruntime, for detection on CUDA
# make data      a set of faces from Kaggle, SET=OWNER/NAME, by Kaggle's own client; docs/data.md lists some
# PYTHON chooses the interpreter, VENV the folder of the environment.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/installed-$(shell cat pyproject.toml | cksum | cut -d' ' -f1)

.PHONY: demo quick test coverage lint data gpu environment clean

# The environment is complete once the stamp of this pyproject.toml lies in it. Everything below runs from this
# folder, so that its packages are found first, also where several clones share an environment.
environment: $(STAMP)

$(STAMP):
	@$(PYTHON) -c "import sys; sys.exit(sys.version_info < (3, 11) and 'Python 3.11 or newer is needed')"
	@echo "Installing into $(VENV); PyTorch is large, this takes a few minutes"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/pip install --quiet --editable '.[dev]' 'setuptools>=77'
	@touch $@

demo: environment
	$(BIN)/python -m align sample
	$(BIN)/python -m align run datasets/raw_images
	$(BIN)/python -m align show --people 12 --per-person 6
	$(BIN)/python -m align forge datasets/processed_images --preview results/forgeries.png
	$(BIN)/python -m train run --config demo
	@printf "\n== Test pairs of people never seen, before training (random weights)\n"
	$(BIN)/python -m infer pairs data/test_public --model random:ir_lite --out results/untrained
	@printf "\n== The same pairs after training\n"
	$(BIN)/python -m infer pairs data/test_public
	@printf "\n== Two more epochs with forgeries made of the bona fide crops, and the same pairs again\n"
	$(BIN)/python -m train run --config demo_forge --pretrained training_logs/checkpoints/last.safetensors \
	    --out training_logs/forged
	$(BIN)/python -m infer pairs data/test_public --model training_logs/forged/checkpoints/last.safetensors \
	    --out results/forged
	$(BIN)/python -m infer report results/forged/test_public.h5 --out results/report.html
	$(BIN)/python -m infer report results/test_public.h5 --compare results/forged/test_public.h5 \
	    --out results/comparison.html
	@printf "\nWhere to look:\n"
	@echo "  results/report.html                   errors, curves and the hardest pairs, in one page"
	@echo "  results/comparison.html               the model before and after it has seen forgeries"
	@echo "  results/test_public.png               pairs from hardest to easiest, and the scores of each category"
	@echo "  results/test_public.csv               similarity and verdict of every pair"
	@echo "  results/contact_sheet.png             aligned crops; synthetic ones framed red"
	@echo "  results/forgeries.png                 what four methods of forging make of the sample's faces"
	@echo "  training_logs/performance_history.json errors per category at every validation"
	@echo "  $(BIN)/python -m train history       the leaderboard of checkpoints"

# Two files at a time, each test on one thread: most of the time goes into commands that start.
PACKAGES := align train infer common facetrust
TESTS := OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 --dist loadfile

quick: environment
	$(TESTS) -m "not slow and not browser"

test: environment
	$(TESTS)

coverage: environment
	$(TESTS) $(PACKAGES:%=--cov=%) --cov-report=
	@echo "Lines that the tests ran, those in processes of their own not counted:"
	@for package in $(PACKAGES); do \
	    echo "  $$package $$($(BIN)/coverage report --format=total --include "$$package/*") %"; \
	done

lint: environment
	$(BIN)/ruff check .
	$(BIN)/mypy

INTO ?= datasets/$(notdir $(SET))

data:
	@test -n "$(SET)" || { echo "name a set: make data SET=OWNER/NAME [INTO=FOLDER]; docs/data.md lists some"; exit 2; }
	@command -v kaggle > /dev/null || { \
	    echo "Kaggle's client is not here: pip install kaggle, and lay your token where docs/data.md says"; exit 2; }
	kaggle datasets download --dataset "$(SET)" --path "$(INTO)" --unzip

# Both packages fill one folder, so that the one must go before the other comes.
gpu: environment
	$(BIN)/pip uninstall --yes onnxruntime
	$(BIN)/pip install --upgrade onnxruntime-gpu
	$(BIN)/python -c "import sys; from common.runtime.onnx_session import cuda_trouble; trouble = cuda_trouble(); \
	    sys.exit(trouble and f'ONNX Runtime cannot use CUDA: {trouble}')"
	@echo "detectors run on CUDA"

clean:
	rm -rf $(VENV) build *.egg-info .coverage .pytest_cache .mypy_cache .ruff_cache .hypothesis
