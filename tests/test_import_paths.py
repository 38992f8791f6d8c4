"""Names where PyTorch's files have them, from which programs import them."""

from __future__ import annotations

import importlib
from typing import Any

import pytest

from tests.both import assert_same_story, attempt, story

PATHS = """
functional: einsum norm split tensordot unique
nn.common_types: _size_any_t _size_1_t _size_2_t _size_3_t _size_2_opt_t _ratio_2_t
nn.init: _calculate_correct_fan _calculate_fan_in_and_fan_out
nn.modules.activation: MultiheadAttention PReLU ReLU Softmax
nn.modules.batchnorm: _BatchNorm _NormBase BatchNorm2d LazyBatchNorm1d
nn.modules.channelshuffle: ChannelShuffle
nn.modules.container: ModuleDict ModuleList ParameterDict ParameterList Sequential
nn.modules.conv: _ConvNd _ConvTransposeNd Conv2d ConvTranspose1d LazyConv2d
nn.modules.dropout: _DropoutNd Dropout
nn.modules.flatten: Flatten Unflatten
nn.modules.instancenorm: _InstanceNorm InstanceNorm2d
nn.modules.linear: Bilinear Identity LazyLinear Linear
nn.modules.loss: _Loss _WeightedLoss CrossEntropyLoss MSELoss TripletMarginLoss
nn.modules.module: _addindent _IncompatibleKeys Module
nn.modules.normalization: CrossMapLRN2d GroupNorm LayerNorm RMSNorm
nn.modules.padding: _ConstantPadNd _ReflectionPadNd ConstantPad2d
nn.modules.pixelshuffle: PixelShuffle PixelUnshuffle
nn.modules.pooling: _AdaptiveAvgPoolNd _LPPoolNd _MaxPoolNd FractionalMaxPool2d MaxPool2d
nn.modules.rnn: GRU LSTMCell RNNBase RNNCellBase
nn.modules.transformer: Transformer TransformerEncoderLayer
nn.modules.utils: _ntuple _pair _quadruple _reverse_repeat_tuple _single _triple
nn.parallel: DataParallel DistributedDataParallel
nn.utils.convert_parameters: parameters_to_vector vector_to_parameters
optim.adamw: AdamW
optim.optimizer: Optimizer ParamsT required
hub: get_dir list load load_state_dict_from_url
utils.data._utils: collate worker
utils.data._utils.collate: collate default_collate default_collate_fn_map default_convert
utils.data._utils.worker: WorkerInfo get_worker_info
utils.data.dataloader: DataLoader default_collate _BaseDataLoaderIter _SingleProcessDataLoaderIter
"""


@pytest.mark.parametrize("path", PATHS.strip().splitlines())
def test_names_are_where_programs_import_them_from(path: str) -> None:
    room, names = path.split(": ")
    for lib in ("rushlight", "torch"):
        module = importlib.import_module(f"{lib}.{room}")
        for name in names.split():
            assert hasattr(module, name), f"{lib}.{room}.{name}"


def test_models_from_the_network_are_refused() -> None:
    for room in ("hub", "utils.model_zoo"):
        module = importlib.import_module(f"rushlight.{room}")
        for name in module.__all__:
            with pytest.raises(NotImplementedError, match=f"torch.{room}.{name} is not in Rush"):
                getattr(module, name)("repository")


@story
def test_layers_are_what_their_bases_say(lib: Any) -> Any:
    modules = lib.nn.modules
    layers = [lib.nn.Conv1d(1, 1, 1), lib.nn.ConvTranspose2d(1, 1, 1), lib.nn.BatchNorm2d(1)]
    layers += [lib.nn.InstanceNorm1d(1), lib.nn.Dropout2d(), lib.nn.MSELoss(), lib.nn.NLLLoss()]
    layers += [lib.nn.MaxPool2d(2), lib.nn.AdaptiveAvgPool1d(1), lib.nn.ReflectionPad2d(1)]
    bases = [modules.conv._ConvNd, modules.conv._ConvTransposeNd, modules.batchnorm._BatchNorm]
    bases += [modules.batchnorm._NormBase, modules.dropout._DropoutNd, modules.loss._Loss]
    bases += [modules.loss._WeightedLoss, modules.pooling._MaxPoolNd]
    bases += [modules.pooling._AdaptiveAvgPoolNd, modules.padding._ReflectionPadNd]
    bases += [lib.nn.parallel.DistributedDataParallel]
    return [[isinstance(layer, base) for base in bases] for layer in layers]


def test_helpers_of_layers() -> None:
    def body(lib: Any) -> Any:
        utils = importlib.import_module(f"{lib.__name__}.nn.modules.utils")
        told: list[Any] = [
            [f(x) for x in (3, 2.5, (1, 2), [1, 2, 3], range(2), "ab", None)]
            for f in (utils._single, utils._pair, utils._triple, utils._quadruple, utils._ntuple(5))
        ]
        told.append((utils._pair.__name__, utils._reverse_repeat_tuple((1, 2, 3), 2)))
        told.append(lib.nn.modules.module._addindent("a\nb\n c", 3))
        wrapped = lib.nn.DataParallel(lib.nn.Sequential(lib.nn.Linear(1, 1), lib.nn.BatchNorm1d(1)))
        state = wrapped.state_dict()
        utils.consume_prefix_in_state_dict_if_present(state, "module.")
        told.append((list(state), sorted(state._metadata.items())))
        told.append(wrapped.module.load_state_dict(state))
        fans = lib.nn.init._calculate_fan_in_and_fan_out
        told.append((fans(lib.ones(4, 3, 2)), attempt(lambda: fans(lib.ones(4)))))
        told.append(type(iter(lib.utils.data.DataLoader([1, 2]))).__name__)
        return told

    assert_same_story(body)
