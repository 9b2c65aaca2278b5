"""Photographs: detectable faces, true landmarks, stable identities."""

from dataclasses import replace

import numpy as np
import pytest
from retinaface import detect_faces

from facetrust.sample.manipulations import MANIPULATIONS
from facetrust.sample.manipulations.insertion import face_height
from facetrust.sample.people.person import Person
from facetrust.sample.photography.camera import Camera, capture, recompressed
from facetrust.sample.photography.conditions import Conditions
from facetrust.sample.photography.photograph import render

PEOPLE, PHOTOS = 10, 4


@pytest.fixture(scope="module")
def album():
    """PEOPLE x PHOTOS of (photograph, saved image); every second one manipulated, families in turn."""
    shots = []
    for identity in range(PEOPLE):
        person = Person.from_seed(np.random.SeedSequence([31, identity]))
        for photo in range(PHOTOS):
            rng = np.random.default_rng([32, identity, photo])
            conditions = Conditions.random(rng)
            photograph = render(person, conditions)
            image = photograph.image
            if photo % 2:
                family = list(MANIPULATIONS)[(identity + photo // 2) % len(MANIPULATIONS)]
                image = MANIPULATIONS[family](person, conditions, photograph, rng)
            shots.append((photograph, recompressed(image, conditions.camera.last_quality)))
    return shots


def test_the_detector_finds_every_face_and_its_landmarks(album):
    errors = []
    for photograph, image in album:
        faces = detect_faces(image)
        assert faces
        face = max(faces, key=lambda found: found.width * found.height)
        found = np.array([[point.x, point.y] for point in face.landmarks], np.float32)
        distance = np.linalg.norm(found[:, None] - photograph.landmarks[None], axis=2)
        assert (distance.argmin(axis=1) == np.arange(5)).all()
        errors.append(distance.diagonal() / face_height(photograph))
    assert np.median(errors) < 0.04


def test_photographs_have_the_promised_types(album):
    for photograph, image in album:
        assert image.dtype == photograph.image.dtype == np.uint8
        assert image.shape == photograph.image.shape == (250, 250, 3)
        assert photograph.landmarks.shape == (5, 2) and photograph.landmarks.dtype == np.float32
        assert photograph.face_mask.min() >= 0 and photograph.face_mask.max() <= 1.001
        assert 60 < face_height(photograph) < 165


def test_landmarks_lie_on_the_face(album):
    for photograph, _ in album:
        for x, y in photograph.landmarks[:3]:
            assert photograph.face_mask[round(float(y)), round(float(x))] > 0.5


def _crop(photograph) -> np.ndarray:
    """Grey 32x32 crop aligned to the true landmarks, with zero mean and unit variance."""
    import cv2

    target = np.array([[38.3, 51.7], [73.5, 51.5], [56.0, 71.7], [41.5, 92.4], [70.7, 92.2]], np.float32)
    matrix, _ = cv2.estimateAffinePartial2D(photograph.landmarks, target, method=cv2.LMEDS)
    crop = cv2.warpAffine(photograph.clean, matrix, (112, 112))[8:104, 16:96]
    small = cv2.resize(crop, (32, 32), interpolation=cv2.INTER_AREA)
    return (small - small.mean()) / small.std()


def test_two_photographs_of_a_person_are_closer_than_those_of_two_people(album):
    crops = [[_crop(album[i * PHOTOS + j][0]) for j in range(PHOTOS)] for i in range(PEOPLE)]
    within, between = [], []
    for i in range(PEOPLE):
        for k in range(PEOPLE):
            for a in range(PHOTOS):
                for b in range(PHOTOS):
                    if (i, a) < (k, b):
                        (within if i == k else between).append(np.abs(crops[i][a] - crops[k][b]).mean())
    assert np.mean(within) < 0.9 * np.mean(between)


def test_the_sensor_noise_is_as_strong_in_every_colour():
    camera = replace(Camera.random(np.random.default_rng(3)), motion=0.0, first_quality=100)
    noise = capture(camera, np.full((250, 250, 3), 128, np.float32)).astype(np.float32) - 128
    expected = np.hypot(camera.read_noise, camera.shot_noise * np.sqrt(128 / 255))
    assert (np.abs(noise.mean(axis=(0, 1))) < 0.3).all()
    assert (noise[..., 1].std() > 0.6 * expected) and (noise.std(axis=(0, 1)) > 0.4 * expected).all()


def test_the_same_seeds_give_the_same_photograph():
    images = []
    for _ in range(2):
        person = Person.from_seed(np.random.SeedSequence(8))
        images.append(render(person, Conditions.random(np.random.default_rng(9))).image)
    assert np.array_equal(*images)
