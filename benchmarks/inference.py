"""A forward pass through the engine, against plain torch and against ONNX Runtime, at batches of 1 and 16.

    PYTHONPATH=. python benchmarks/inference.py [ROUNDS] [NETWORK ...]

Plain: the network as built and as torchvision's users call it: float32, evaluation and inference mode. ONNX Runtime:
the same network exported, float32, on all cores. Ours: a request through the engine's queue, and for sixteen its batch.
The same random weights and pictures serve all; they take turns; medians, and ratios. Where a GPU is, plain torch runs
there, and ONNX Runtime only if it has CUDA. What bfloat16 costs stands beside: the largest difference of a logit, by
the deviation of the logits. (Random weights leave the classes no clear winner, so whether the likeliest class stays
is told by benchmarks/agreement.py, of trained networks on pictures.)
"""

import statistics
import sys
import time
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import onnxruntime
import torch

from resnet_core import build, parse
from resnet_core.backend import Request
from resnet_core.benchmark_fps import random_card
from resnet_core.engine import Engine
from resnet_core.loading import read_weights

REST = 0.05
"""Seconds before each, for the threads of the one before go on spinning for a while on the cores that it needs."""
NETWORKS = ("resnet-18", "resnet-50-v1.5", "resnet-152-v1.5")
BATCHES = (1, 16)
LEAST_GAIN, MOST_OF_ONNX = 1.6, 1.0
PATIENCE = 600

Task = Callable[[], np.ndarray]


def main(rounds: int, names: tuple[str, ...]) -> None:
    engine = Engine()
    print(f"on {engine.device_name}, torch {torch.__version__}, ONNX Runtime {onnxruntime.__version__}")
    for name in names:
        with TemporaryDirectory() as folder:
            compare(engine, name, Path(folder), rounds)


def compare(engine: Engine, name: str, folder: Path, rounds: int) -> None:
    spec = parse(name)
    card = random_card(spec, folder)
    network = build(spec).eval()
    network.load_state_dict(read_weights(card))
    session = exported(network, spec.channels, *spec.size)
    plain = network.to(engine.device)
    for batch in BATCHES:
        # as prepared pictures lie in memory, and as a user of torch has them
        pictures = [
            np.random.default_rng(place).standard_normal((*spec.size, spec.channels), dtype=np.float32)
            for place in range(batch)
        ]
        requests = [Request(card, spec, picture.transpose(2, 0, 1)) for picture in pictures]
        array = np.ascontiguousarray(np.stack(pictures).transpose(0, 3, 1, 2))
        tasks: dict[str, Task] = {
            "plain": lambda array=array: called(plain, array, engine.device),
            "ONNX Runtime": lambda array=array: session.run(None, {"x": array})[0],
            "ours": lambda requests=requests: answered(engine, requests),
        }
        expected = tasks["plain"]()
        differences = {who: abs(task() - expected).max() / expected.std() for who, task in tasks.items()}
        spent: dict[str, list[float]] = {who: [] for who in tasks}
        for _ in range(rounds):
            for who, task in tasks.items():
                time.sleep(REST)
                start = time.perf_counter()
                task()
                spent[who].append((time.perf_counter() - start) * 1e3)
        median = {who: statistics.median(times) for who, times in spent.items()}
        print(
            f"{name}, batch {batch}: "
            + ", ".join(f"{who} {milliseconds:.1f} ms" for who, milliseconds in median.items())
            + f"; {median['plain'] / median['ours']:.2f} times plain torch's speed (at least {LEAST_GAIN}), "
            f"{median['ours'] / median['ONNX Runtime']:.2f} of ONNX Runtime's time (at most {MOST_OF_ONNX}); "
            f"logits differ by {differences['ours']:.3f}",
            flush=True,
        )


def exported(network: torch.nn.Module, *shape: int) -> onnxruntime.InferenceSession:
    file = BytesIO()
    dynamic = {"x": {0: "n"}, "y": {0: "n"}}
    torch.onnx.export(
        network, (torch.zeros(1, *shape),), file, dynamo=False, opset_version=17, input_names=["x"],
        output_names=["y"], dynamic_axes=dynamic,
    )  # fmt: skip
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = torch.get_num_threads()
    wanted = ("CUDAExecutionProvider", "CPUExecutionProvider")
    there = [name for name in wanted if name in onnxruntime.get_available_providers()]
    return onnxruntime.InferenceSession(file.getvalue(), options, providers=there)


def called(network: torch.nn.Module, array: np.ndarray, device: torch.device) -> np.ndarray:
    with torch.inference_mode():
        return network(torch.from_numpy(array).to(device)).cpu().numpy()


def answered(engine: Engine, requests: list[Request]) -> np.ndarray:
    """One through the queue; of more their batch, as the worker runs it, for what is queued one by one may be cut."""
    if len(requests) == 1:
        return engine.submit(requests[0]).result(PATIENCE).logits[None]
    return np.stack([answer.logits for answer in engine.execution.answers(requests)])


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 11, tuple(sys.argv[2:]) or NETWORKS)
