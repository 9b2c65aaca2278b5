"""The camera: exposure, tone curve, lens blur, sensor noise and JPEG."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]
Image = NDArray[np.uint8]


@dataclass(frozen=True)
class Camera:
    """Capture of one photograph.

    exposure: factor on the automatic exposure; white: RGB gains; blur: Gaussian sigma in pixels;
    motion: length in pixels, and its angle in radians;
    shot_noise, read_noise: standard deviations in 8-bit steps;
    first_quality, last_quality: JPEG qualities of the camera and of the final save.
    """

    exposure: float
    white: tuple[float, float, float]
    blur: float
    motion: float
    motion_angle: float
    shot_noise: float
    read_noise: float
    first_quality: int
    last_quality: int
    noise_seed: int

    @staticmethod
    def random(rng: np.random.Generator) -> Camera:
        """A phone or web camera; the same distribution for bona fide and synthetic photographs."""
        white = np.exp(rng.normal(0, 0.045, 3))
        return Camera(
            exposure=float(np.exp(rng.normal(0, 0.20))),
            white=(float(white[0]), float(white[1]), float(white[2])),
            blur=float(rng.uniform(0.3, 1.0)),
            motion=float(rng.uniform(1.0, 2.6)) if rng.random() < 0.12 else 0.0,
            motion_angle=float(rng.uniform(0, np.pi)),
            shot_noise=float(rng.uniform(1.0, 4.0)),
            read_noise=float(rng.uniform(0.6, 2.0)),
            first_quality=int(rng.integers(82, 99)),
            last_quality=int(rng.integers(70, 96)),
            noise_seed=int(rng.integers(2**62)),
        )


def automatic_gain(linear: Array, mask: Array) -> float:
    """Gain that a camera with face metering chooses: dark faces come out brighter, but stay darker."""
    luminance = linear @ np.array([0.25, 0.60, 0.15], np.float32)
    mean = float((luminance * mask).sum() / (mask.sum() + 1e-6))
    gain: float = (0.24 / max(mean, 1e-3)) ** 0.62
    return gain


def develop(camera: Camera, linear: Array, gain: float) -> Array:
    """Tone-mapped picture float32 (H, W, 3) 0..255 without noise."""
    exposed = linear * (np.asarray(camera.white, np.float32) * np.float32(gain * camera.exposure))
    np.maximum(exposed, np.float32(0), out=exposed)
    bright = np.flatnonzero(exposed > 0.6)
    flat = exposed.reshape(-1)
    flat[bright] = 0.6 + 0.4 * np.tanh((flat[bright] - np.float32(0.6)) * np.float32(2))
    picture = cv2.pow(exposed, 1 / 2.2).astype(np.float32, copy=False)
    picture *= np.float32(255)
    return cv2.GaussianBlur(picture, (0, 0), camera.blur).astype(np.float32, copy=False)


def capture(camera: Camera, picture: Array) -> Image:
    """The camera's file after its own JPEG: uint8 (H, W, 3)."""
    return recompressed(sensed(camera, picture), camera.first_quality)


def sensed(camera: Camera, picture: Array) -> Image:
    """The developed picture (H, W, 3) with the noise of the sensor: uint8."""
    if camera.motion > 0:
        kernel = _motion_kernel(camera.motion, camera.motion_angle)
        picture = cv2.filter2D(picture, -1, kernel).astype(np.float32, copy=False)
    noise = np.empty((picture.shape[0], picture.shape[1] * 3), np.float32)  # randn takes one channel
    cv2.setRNGSeed(camera.noise_seed & 0x7FFFFFFF)  # of this thread only
    cv2.randn(noise, np.zeros(1), np.ones(1))
    noise = noise.reshape(picture.shape)
    grain = cv2.addWeighted(noise, 0.75, cv2.GaussianBlur(noise, (0, 0), 0.8), 0.45, 0.0)
    spread = picture * np.float32(camera.shot_noise**2 / 255)
    spread += np.float32(camera.read_noise**2)
    noisy = grain.astype(np.float32, copy=False) * np.sqrt(spread, out=spread) + picture
    noisy8: Image = cv2.convertScaleAbs(np.maximum(noisy, np.float32(0), out=noisy)).astype(
        np.uint8, copy=False
    )
    return noisy8


def _motion_kernel(length: float, angle: float) -> Array:
    kernel = np.zeros((7, 7), np.float32)
    for t in np.linspace(-0.5, 0.5, 15):
        x, y = 3 + t * length * np.cos(angle), 3 + t * length * np.sin(angle)
        c, r = int(x), int(y)
        for dc, dr in ((0, 0), (1, 0), (0, 1), (1, 1)):
            kernel[r + dr, c + dc] += (1 - abs(x - c - dc)) * (1 - abs(y - r - dr))
    scaled: Array = kernel / kernel.sum()
    return scaled


def encoded(image: Image, quality: int) -> bytes:
    """JPEG bytes of an RGB image."""
    done, data = cv2.imencode(
        ".jpg", cv2.cvtColor(image, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, quality]
    )
    if not done:
        raise ValueError(f"cannot encode an image of shape {image.shape} as JPEG")
    return data.tobytes()


def recompressed(image: Image, quality: int) -> Image:
    """The image after one JPEG save."""
    data = np.frombuffer(encoded(image, quality), np.uint8)
    decoded = cv2.imdecode(data, cv2.IMREAD_COLOR)
    if decoded is None:
        raise ValueError("OpenCV cannot read the JPEG that it wrote")
    return cv2.cvtColor(decoded, cv2.COLOR_BGR2RGB).astype(np.uint8, copy=False)
