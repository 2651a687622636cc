"""The sample pictures: complete, small, sourced, and every one readable."""

from resnet_core.pictures import decode
from resnet_core.samples import FOLDER, Sample, samples

CIFAR_10 = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")


def small() -> list[Sample]:
    return [sample for sample in samples() if sample.file.endswith(".png")]


def photographs() -> list[Sample]:
    return [sample for sample in samples() if sample.file.endswith(".jpg")]


def test_every_file_of_the_folder_has_its_row_and_every_row_its_file() -> None:
    files = {path.name for path in FOLDER.iterdir()} - {"sources.toml"}
    assert files == {sample.file for sample in samples()}
    assert len(files) == len(samples())


def test_there_is_one_small_picture_a_class_with_its_pixels_unharmed() -> None:
    assert tuple(sample.label for sample in small()) == CIFAR_10
    for sample in small():
        picture = decode(sample.path.read_bytes())
        assert (picture.size, picture.format, picture.notes) == ((32, 32), "PNG", ())


def test_there_are_photographs_that_a_224_net_can_use_and_one_is_a_cat() -> None:
    assert len(photographs()) >= 4
    assert "cat" in {sample.label for sample in photographs()}
    for sample in photographs():
        assert len(sample.path.read_bytes()) < 80_000
        picture = decode(sample.path.read_bytes())
        assert 224 <= min(picture.size) <= max(picture.size) <= 512
        assert picture.notes == ()


def test_every_picture_says_where_it_is_from_and_photographs_are_free() -> None:
    assert all(sample.source and sample.licence and sample.shows.endswith(".") for sample in samples())
    assert {sample.licence for sample in photographs()} <= {"CC0", "public domain"}
