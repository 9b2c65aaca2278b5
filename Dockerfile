# docker build -t facetrust --build-arg TORCH_INDEX .    # for a CPU, with TORCH_INDEX as README.md has it
# docker build -t facetrust --build-arg DEVICE=cuda .    # for a GPU: run it with --gpus all
# The steps are those of README.md.
FROM python:3.12-slim-bookworm
ARG DEVICE=cpu
ARG TORCH_INDEX=
ENV PIP_NO_CACHE_DIR=1

# what OpenCV needs
RUN apt-get update \
    && apt-get install --yes --no-install-recommends libgl1 libglib2.0-0 \
    && rm -rf /var/lib/apt/lists/*

# the build that pip takes by itself brings CUDA
RUN if [ -n "$TORCH_INDEX" ]; then \
        pip install torch torchvision --index-url "$TORCH_INDEX"; \
    fi

WORKDIR /facetrust
COPY . .
RUN pip install -e '.[serve]'

# as `make gpu`: both packages fill one folder
RUN if [ "$DEVICE" = cuda ]; then \
        pip uninstall --yes onnxruntime && pip install onnxruntime-gpu; \
    fi

# /data is where the folders of photographs, shards and models are mounted
RUN useradd --create-home facetrust && install --directory --owner facetrust /data
USER facetrust
WORKDIR /data
ENTRYPOINT ["facetrust"]
CMD ["--help"]
