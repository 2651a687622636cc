"""ResNeXt's forms (a), (b) and (c) are one function of the same weights: Xie 2017, Fig. 3, "equivalent"."""

import pytest
import torch
from reference import lively, same

from resnet_core import build, parse, regrouped
from resnet_core.spec import ORDERS

pytestmark = pytest.mark.usefixtures("one_thread")

TINY = "resnext-50-32x4d,stem=cifar,depths=2-1,width=4,groups=3,group_width=2,size=7x6,classes=5"


@pytest.mark.parametrize("form", ["a", "b"])
@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("variant", ["stride_on=3x3,shortcut=B", "stride_on=1x1,shortcut=A", "shortcut=none"])
def test_every_form_computes_what_the_grouped_convolution_computes(form: str, order: str, variant: str) -> None:
    text = f"{TINY},order={order},{variant}"
    grouped, pictures = lively(text)
    other = build(parse(f"{text},form={form}")).double().eval()
    with torch.no_grad():
        assert not torch.allclose(other(pictures), grouped(pictures))
        other.load_state_dict(regrouped(grouped.state_dict(), other.spec))
        same(other(pictures), grouped(pictures))
        same(other.train()(pictures), grouped.train()(pictures))


@pytest.mark.parametrize("form", ["a", "b"])
def test_every_form_learns_the_same(form: str) -> None:
    """One step down the gradient of form (c), regrouped, is one step of the other form."""
    grouped, pictures = lively(TINY)
    other = build(parse(f"{TINY},form={form}")).double()
    other.load_state_dict(regrouped(grouped.state_dict(), other.spec))
    for network in (grouped, other):
        network.train()(pictures).logsumexp(1).sum().backward()
        with torch.no_grad():
            for parameter in network.parameters():
                assert parameter.grad is not None
                parameter -= 0.1 * parameter.grad
    expected = regrouped(grouped.state_dict(), other.spec)
    assert [*expected] == [*other.state_dict()]
    for name, tensor in other.state_dict().items():
        torch.testing.assert_close(tensor, expected[name])


def test_a_network_without_paths_stays_as_it_is_and_shares_no_memory() -> None:
    grouped, _ = lively(TINY)
    state = grouped.state_dict()
    copied = regrouped(state, grouped.spec)
    assert all(torch.equal(copied[name], tensor) for name, tensor in state.items())
    split = regrouped(state, parse(f"{TINY},form=a"))
    places = [tensor.data_ptr() for tensor in (*state.values(), *copied.values(), *split.values())]
    assert len(set(places)) == len(places)


def test_the_state_of_another_network_is_no_state_of_this() -> None:
    with pytest.raises(KeyError, match=r"layer1\.0\.conv3\.weight"):
        regrouped(build(parse("cifar-resnet-20,width=4")).state_dict(), parse(f"{TINY},form=a"))
