"""The networks of MTCNN with weights that are not trusted."""

from pathlib import Path
from tempfile import TemporaryDirectory

from align.detectors.mtcnn.files import FILES
from align.detectors.mtcnn.networks import Stage, output_network, proposal_network, refinement_network
from align.detectors.torch_network import filled
from common.models.weights.container import read_state_dict
from common.runtime.errors import UserError


def open_stages(place: str, contents: list[bytes]) -> tuple[Stage, Stage, Stage]:
    """The three networks with the weights of three files, `place` for people.

    Raises UserError for other weights.
    """
    stages = proposal_network(), refinement_network(), output_network()
    with TemporaryDirectory() as folder:
        for name, content, stage in zip(FILES, contents, stages, strict=True):
            file = Path(folder) / name
            file.write_bytes(content)
            try:
                filled(stage, read_state_dict(file), name, "of facenet-pytorch's MTCNN")
            except UserError as error:
                raise UserError(f"{place}: {str(error).replace(folder + '/', '')}") from error
    return stages
