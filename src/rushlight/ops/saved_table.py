"""Which of PyTorch's names a node's saved values have: see `rushlight.ops.saved_names`.

A line of `TABLE` names nodes (``Max.1`` is MaxBackward1, ``Exp`` is ExpBackward0), and behind the
colon their attributes without ``_saved_``. ``self=x`` says under which name of the formulas a value
is kept, ``stride=windows:stride`` that the reader ``stride`` is asked for it.

What PyTorch saves and we have no use for, or have forgotten by then, has no entry: the attribute
is missing, and never wrong.
"""

from __future__ import annotations

__all__ = ["COMPOSED", "TABLE"]

TABLE = """
Add Rsub Rsub.1 Sub: alpha=alpha:or_one
Where: condition
Tril Triu: diagonal
Cat Cumsum Stack Unbind: dim
Unsqueeze: dim=index:step_dim
Flip Permute: dims
PixelUnshuffle: downscale_factor=factor
ChannelShuffle: groups
Take: index
MaxUnpool2D MaxUnpool3D: indices
MaskedFill MaskedFill.1 MaskedSelect: mask
ConstantPadNd: pad=pads
ReflectionPad1D ReflectionPad2D ReflectionPad3D ReplicationPad1D ReplicationPad2D
    ReplicationPad3D: padding=pads
AdaptiveMaxPool2D AdaptiveMaxPool3D: result1=indices
Exp Exp2 Expm1 Polar Reciprocal Relu RreluWithNoise.1 Rsqrt Sigmoid Sqrt Tan Tanh: result=y
Abs Acos Acosh Angle Asin Asinh Atan Atanh Cos Cosh Digamma Erf Erfc Hardsigmoid Hardswish
    Lgamma Log Log10 Log1P Log2 LogSigmoid Mish NanToNum Prod RreluWithNoise Silu Sin Sinc
    Sinh: self=x
Expand ReshapeAlias Squeeze Squeeze.1 Squeeze.2 Sum Trace UnsafeView View:
    self_sym_sizes=x_shape
PixelShuffle: upscale_factor=factor
Lerp: weight
Put: accumulate index
IndexPut: accumulate indices=indices:arrays
Celu.1: alpha result=y
Celu: alpha self=x
Gelu: approximate self=x
IndexCopy IndexFill IndexFill.1 Scatter Scatter.1 ScatterAdd: dim index
Cummax Cummin: dim indices
Transpose: dim0 dim1
LogSoftmax Softmax: dim=axis result=y
Glu: dim=axis self=x
SelectScatter: dim=index:step_dim index=index:step_index
Rot90: dims k
Roll: dims shifts
Logit: eps self=x
Pow: exponent self=x
Index: indices=:indices self_sym_sizes=x_shape
Hardshrink Softshrink: lambd=width self=x
MaskedScatter: mask source_sym_sizes=source_shape
Bmm: mat2=b self=a
ClampMax ClampMax.1: max self=x
ClampMin ClampMin.1: min self=x
Polygamma: n self=x
LeakyRelu.1: negative_slope=slope result=y
LeakyRelu: negative_slope=slope self=x
Ldexp: other=b result=y
Atan2 Div Fmax Fmin Fmod.1 Logaddexp Logaddexp2 Maximum Minimum Mul Nextafter Remainder.1 Vdot
    Xlogy Xlogy.1 Xlogy.2: other=b self=a
Repeat: repeats self_sym_sizes=x_shape
Copysign Copysign.1: result=y self=a
Max.1 Median Min.1 Nanmedian Sgn: result=y self=x
Dot: self=a tensor=b
Mv: self=a vec=b
Threshold Threshold.1: self=x threshold=bound
PreluKernel: self=x weight
Mean: self_sym_numel=x_shape:numel self_sym_sizes=x_shape
IndexAdd: alpha dim index
Softplus: beta self=x threshold
IndexSelect: dim index self_sym_sizes=x_shape
Gather: dim index sparse_grad=:no
Sort Sort.1 Topk: dim indices self_sym_sizes=x_shape
Prod.1: dim keepdim self=x
LinalgCross: dim other=b self=a
Cumprod Logcumsumexp: dim result=y self=x
Split: dim self_sym_sizes=x_shape split_size=sizes:first
SplitWithSizes: dim self_sym_sizes=x_shape split_sizes=sizes
DiagEmbed DiagonalScatter: dim1 dim2 offset
Nansum: dim=dims keepdim self=x
Sum.1: dim=dims keepdim self_sym_sizes=x_shape
Amax Amin: dim=dims result=y self=x
Select: dim=index:step_dim index=index:step_index self_sym_sizes=index:step_sizes
Lerp.1: end self=a weight
Pow.1: exponent=b result=y self=a
Pow.2: exponent=b result=y self=base
Clamp Clamp.1: max min self=x
Hardtanh: max_val=high min_val=low self=x
Renorm: maxnorm p self=x
Hypot: other=b result=y self=a
UpsampleNearest1D UpsampleNearestExact1D: output_size=grid:out scales=grid:scales
    self_sym_sizes=x_shape
MseLoss MultilabelMarginLoss SoftMarginLoss: reduction=reduction:code self=x target
EmbeddingBag: scale_grad_by_freq=by_frequency weight weight_sym_argsize_0=weight_shape:first
AsStrided: size storage_offset=offset stride
Addcdiv Addcmul: tensor1 tensor2 value
LinalgSvd: S=s S_sym_argsize_minus_1=s:last_size U=u Vh=vh
UpsampleLinear1D: align_corners=grid:align output_size=grid:out scales=grid:scales
    self_sym_sizes=x_shape
Baddbmm: alpha batch1=a batch2=b beta
Addmv: alpha beta mat=a vec=b
Addr: alpha beta vec1=a vec2=b
Elu.1: alpha input_scale result=y scale
Elu: alpha input_scale scale self=x
SmoothL1Loss: beta reduction=reduction:code self=x target
Var VarMean: correction dim=dims keepdim self=x
HuberLoss: delta reduction=reduction:code self=x target
Col2Im MaxPool2DWithIndices MaxPool3DWithIndices: dilation=windows:dilation
    kernel_size=windows:kernel padding=windows:padding stride=windows:stride
Kthvalue Max Median.1 Min Mode Nanmedian.1: dim indices keepdim self_sym_sizes=x_shape
Aminmax: dim max=most min=least self=x
Diagonal: dim1 dim2 offset self_sym_sizes=x_shape
Logsumexp: dim=dims keepdim result=y self=x
Mean.1: dim=dims keepdim self_sym_numel=x_shape:numel self_sym_sizes=x_shape
SliceScatter: dim=index:step_dim end=index:step_end start=index:step_start step=index:step_step
Unfold: dimension=dim self_sym_sizes=x_shape size step
Dist: other=b p result=y self=a
UpsampleNearest2D UpsampleNearestExact2D: output_size=grid:out scales_h=grid:scales_h
    scales_w=grid:scales_w self_sym_sizes=x_shape
BinaryCrossEntropy: reduction=reduction:code self=x target weight
UpsampleBicubic2D UpsampleBilinear2D: align_corners=grid:align output_size=grid:out
    scales_h=grid:scales_h scales_w=grid:scales_w self_sym_sizes=x_shape
StdMean: correction dim=dims keepdim result0=y self=x
Std: correction dim=dims keepdim result=y self=x
AvgPool2D AvgPool3D: count_include_pad divisor_override=divisor kernel_size=windows:kernel
    padding=windows:padding stride=windows:stride
LinalgVectorNorm: dim=dims keepdim ord=p result=y self=x
Norm.1: dim=dims keepdim p result=y self=x
Slice: dim=index:step_dim end=index:step_end self_sym_sizes=index:step_sizes
    start=index:step_start step=index:step_step
NativeBatchNorm: eps input=x weight
NllLoss NllLoss2D: ignore_index reduction=reduction:code target total_weight=total weight
Embedding: indices=index padding_idx scale_grad_by_freq=by_frequency sparse=:no
    weight_sym_argsize_0=weight_shape:first
NativeLayerNorm: input=x normalized_shape=dims:normalized weight
UpsampleNearest3D UpsampleNearestExact3D: output_size=grid:out scales_d=grid:scales_d
    scales_h=grid:scales_h scales_w=grid:scales_w self_sym_sizes=x_shape
BinaryCrossEntropyWithLogits: pos_weight reduction=reduction:code self=x target weight
UpsampleTrilinear3D: align_corners=grid:align output_size=grid:out scales_d=grid:scales_d
    scales_h=grid:scales_h scales_w=grid:scales_w self_sym_sizes=x_shape
Convolution: dilation groups input=x padding stride weight=w
Im2Col: dilation=windows:dilation kernel_size=windows:kernel padding=windows:padding
    stride=windows:stride self_sym_argsize_minus_1=windows:size_last
    self_sym_argsize_minus_2=windows:size_first
NativeGroupNorm: eps group=groups input=x weight
MultiMarginLoss: margin p reduction=reduction:code self=x target weight
Mm: mat2=b mat2_sym_sizes=b:sizes mat2_sym_strides=b:strides self=a self_sym_sizes=a:sizes
    self_sym_strides=a:strides
Addbmm: alpha batch1=a batch1_sym_argsize_0=a:size0 batch1_sym_argsize_1=a:size1 batch2=b
    batch2_sym_argsize_2=b:size2 beta
ScatterReduce: dim include_self index reduce result=y self=x src=source
Addmm: alpha beta mat1=a mat1_sym_sizes=a:sizes mat1_sym_strides=a:strides mat2=b
    mat2_sym_sizes=b:sizes mat2_sym_strides=b:strides
"""

# What stands for a composition in one node: its last step's name says nothing of what it keeps.
COMPOSED: dict[str, dict[str, str]] = {
    "l1_loss": {},
    "linear": {
        "MmBackward0": (
            "mat2=w:transposed mat2_sym_sizes=w:t_sizes mat2_sym_strides=w:t_strides "
            "self=x self_sym_sizes=x:sizes self_sym_strides=x:strides"
        ),
        "AddmmBackward0": (
            "alpha=:one beta=:one mat1=x mat1_sym_sizes=x:sizes mat1_sym_strides=x:strides "
            "mat2=w:transposed mat2_sym_sizes=w:t_sizes mat2_sym_strides=w:t_strides"
        ),
    },
    "square": {"PowBackward0": "exponent=:two self=x"},
}
