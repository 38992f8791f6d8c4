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
Abs Acos Acosh Angle Asin Asinh Atan Atanh Cos Cosh Digamma Erf Erfc Hardsigmoid Hardswish
    I0 Lgamma Log Log10 Log1P Log2 LogSigmoid Mish NanToNum Prod RreluWithNoise Silu Sin Sinc
    Sinh SpecialEntr SpecialLogNdtr: self=x
AdaptiveMaxPool2D AdaptiveMaxPool3D: result1=indices
Add Rsub Rsub.1 Sub: alpha=alpha:or_one
Addbmm: alpha batch1=a batch1_sym_argsize_0=a:size0 batch1_sym_argsize_1=a:size1 batch2=b
    batch2_sym_argsize_2=b:size2 beta
Addcdiv Addcmul: tensor1 tensor2 value
Addmm: alpha beta mat1=a mat1_sym_sizes=a:sizes mat1_sym_strides=a:strides mat2=b
    mat2_sym_sizes=b:sizes mat2_sym_strides=b:strides
Addmv: alpha beta mat=a vec=b
Addr: alpha beta vec1=a vec2=b
Amax Amin: dim=dims result=y self=x
Aminmax: dim max=most min=least self=x
AffineGridGenerator: align_corners size
AsStrided: size storage_offset=offset stride
Atan2 Div Fmax Fmin Fmod.1 Logaddexp Logaddexp2 Maximum Minimum Mul Nextafter Remainder.1 Vdot
    SpecialXlog1Py SpecialXlog1Py.1 SpecialXlog1Py.2 Xlogy Xlogy.1 Xlogy.2: other=b self=a
AvgPool2D AvgPool3D: count_include_pad divisor_override=divisor kernel_size=windows:kernel
    padding=windows:padding stride=windows:stride
Baddbmm: alpha batch1=a batch2=b beta
BinaryCrossEntropy: reduction=reduction:code self=x target weight
BinaryCrossEntropyWithLogits: pos_weight reduction=reduction:code self=x target weight
Bmm: mat2=b self=a
Cat Cumsum Stack Unbind: dim
Celu: alpha self=x
Celu.1: alpha result=y
ChannelShuffle: groups
Cholesky: result=factor upper
Clamp Clamp.1: max min self=x
ClampMax ClampMax.1: max self=x
ClampMin ClampMin.1: min self=x
Col2Im MaxPool2DWithIndices MaxPool3DWithIndices: dilation=windows:dilation
    kernel_size=windows:kernel padding=windows:padding stride=windows:stride
ConstantPadNd: pad=pads
Convolution: dilation groups input=x padding stride weight=w
ConvTbc: pad self=x weight=w
Copysign Copysign.1: result=y self=a
CtcLoss: blank=form:blank log_probs result0=y targets zero_infinity=form:zero_infinity
Cummax Cummin: dim indices
Cumprod Logcumsumexp: dim result=y self=x
DiagEmbed DiagonalScatter: dim1 dim2 offset
Diagonal Diagonal_copy: dim1 dim2 offset self_sym_sizes=x_shape
Dist: other=b p result=y self=a
Div.1: other=n
Dot: self=a tensor=b
Elu: alpha input_scale scale self=x
Elu.1: alpha input_scale result=y scale
Embedding: indices=index padding_idx scale_grad_by_freq=by_frequency sparse=:no
    weight_sym_argsize_0=weight_shape:first
EmbeddingBag: weight_sym_argsize_0=weight_shape:first
Exp Exp2 Expm1 Polar Reciprocal Relu RreluWithNoise.1 Rsqrt Sigmoid Sqrt Tan Tanh: result=y
Expand ReshapeAlias Squeeze Squeeze.1 Squeeze.2 Squeeze.4 Sum Trace UnsafeView View:
    self_sym_sizes=x_shape
FractionalMaxPool2D FractionalMaxPool3D: output_size result1=indices
FftC2C: dim=dims forward
FftC2R: dim=dims
FftR2C: dim=dims onesided
Flip Permute: dims
Frexp: exponent
Gather: dim index sparse_grad=:no
Gelu: approximate self=x
Glu: dim=axis self=x
GridSampler2D GridSampler3D: align_corners=form:align grid input=x
    interpolation_mode=form:mode padding_mode=form:outside
Hardshrink Softshrink: lambd=width self=x
Hardtanh: max_val=high min_val=low self=x
HuberLoss: delta reduction=reduction:code self=x target
Hypot: other=b result=y self=a
Igamma Igammac: other=x self=a
Im2Col: dilation=windows:dilation kernel_size=windows:kernel padding=windows:padding
    stride=windows:stride self_sym_argsize_minus_1=windows:size_last
    self_sym_argsize_minus_2=windows:size_first
Index: indices=:indices self_sym_sizes=x_shape
IndexAdd: alpha dim index
IndexCopy IndexFill IndexFill.1 Scatter Scatter.1 ScatterAdd: dim index
IndexReduce: dim include_self index reduce result=y self=x
IndexPut: accumulate indices=indices:arrays
IndexSelect: dim index self_sym_sizes=x_shape
Kthvalue Max Median.1 Min Mode Nanmedian.1: dim indices keepdim self_sym_sizes=x_shape
Ldexp: other=b result=y
LeakyRelu: negative_slope=slope self=x
LeakyRelu.1: negative_slope=slope result=y
Lerp: weight
Lerp.1: end self=a weight
LinalgCholeskyEx: L=factor upper
LinalgCross: dim other=b self=a
LinalgDet: A=a result=y
LinalgEig LinalgEigh: eigenvalues=values eigenvectors=vectors
LinalgInvEx: inverse=y
LinalgQr: Q=q R=r mode
LinalgSlogdet: A=a sign
LinalgSolveEx: A=a left result=x
LinalgSolveTriangular: left result=x self=a unitriangular upper
LinalgSvd: S=s S_sym_argsize_minus_1=s:last_size U=u Vh=vh
LinalgVectorNorm: dim=dims keepdim ord=p result=y self=x
Logit: eps self=x
LogSoftmax Softmax: dim=axis result=y
Logsumexp: dim=dims keepdim result=y self=x
MaskedFill MaskedFill.1 MaskedSelect: mask
MaskedScatter: mask source_sym_sizes=source_shape
Max.1 Median Min.1 Nanmedian Sgn: result=y self=x
MaxUnpool2D MaxUnpool3D: indices
Mean: self_sym_numel=x_shape:numel self_sym_sizes=x_shape
Mean.1: dim=dims keepdim self_sym_numel=x_shape:numel self_sym_sizes=x_shape
Mm: mat2=b mat2_sym_sizes=b:sizes mat2_sym_strides=b:strides self=a self_sym_sizes=a:sizes
    self_sym_strides=a:strides
MseLoss MultilabelMarginLoss SoftMarginLoss: reduction=reduction:code self=x target
MultiMarginLoss: margin p reduction=reduction:code self=x target weight
Mv: self=a vec=b
Mvlgamma: p self=x
Nansum: dim=dims keepdim self=x
NativeBatchNorm: eps input=x weight
NativeGroupNorm: eps group=groups input=x weight
NativeLayerNorm: input=x normalized_shape=dims:normalized weight
NllLoss NllLoss2D: ignore_index reduction=reduction:code target total_weight=total weight
Norm.1: dim=dims keepdim p result=y self=x
PixelShuffle: upscale_factor=factor
PixelUnshuffle: downscale_factor=factor
Polygamma: n self=x
Pow: exponent self=x
Pow.1: exponent=b result=y self=a
Pow.2: exponent=b result=y self=base
PreluKernel: self=x weight
Prod.1: dim keepdim self=x
Put: accumulate index
ReflectionPad1D ReflectionPad2D ReflectionPad3D ReplicationPad1D ReplicationPad2D
    ReplicationPad3D: padding=pads
Renorm: maxnorm p self=x
Repeat: repeats self_sym_sizes=x_shape
Roll: dims shifts
Rot90: dims k
ScaledDotProductFlashAttentionForCpu: is_causal=causal key=k output=y query=q scale value=v
ScatterReduce: dim include_self index reduce result=y self=x src=source
Select: dim=index:step_dim index=index:step_index self_sym_sizes=index:step_sizes
SelectScatter: dim=index:step_dim index=index:step_index
Slice: dim=index:step_dim end=index:step_end self_sym_sizes=index:step_sizes
    start=index:step_start step=index:step_step
SliceScatter: dim=index:step_dim end=index:step_end start=index:step_start step=index:step_step
SmoothL1Loss: beta reduction=reduction:code self=x target
Softplus: beta self=x threshold
Sort Sort.1 Topk: dim indices self_sym_sizes=x_shape
SpecialErfcx SpecialI0E SpecialI1 SpecialI1E: result=y self=x
SpecialNdtri: result=y
SpecialZeta SpecialZeta.1: other=q self=s
Split: dim self_sym_sizes=x_shape split_size=sizes:first
SplitWithSizes: dim self_sym_sizes=x_shape split_sizes=sizes
Std: correction dim=dims keepdim result=y self=x
StdMean: correction dim=dims keepdim result0=y self=x
Sum.1: dim=dims keepdim self_sym_sizes=x_shape
Take: index
Threshold Threshold.1: self=x threshold=bound
Transpose Transpose.1: dim0 dim1
TriangularSolve: A=a self=b solution=x transpose unitriangular upper
Tril Triu: diagonal
Unfold: dimension=dim self_sym_sizes=x_shape size step
UnfoldBackward: dim size step
Unsqueeze: dim=index:step_dim
UpsampleBicubic2D UpsampleBicubic2DAa UpsampleBilinear2D UpsampleBilinear2DAa
    UpsampleLanczos2DAa: align_corners=grid:align output_size=grid:out
    scales_h=grid:scales_h scales_w=grid:scales_w self_sym_sizes=x_shape
UpsampleLinear1D: align_corners=grid:align output_size=grid:out scales=grid:scales
    self_sym_sizes=x_shape
UpsampleNearest1D UpsampleNearestExact1D: output_size=grid:out scales=grid:scales
    self_sym_sizes=x_shape
UpsampleNearest2D UpsampleNearestExact2D: output_size=grid:out scales_h=grid:scales_h
    scales_w=grid:scales_w self_sym_sizes=x_shape
UpsampleNearest3D UpsampleNearestExact3D: output_size=grid:out scales_d=grid:scales_d
    scales_h=grid:scales_h scales_w=grid:scales_w self_sym_sizes=x_shape
UpsampleTrilinear3D: align_corners=grid:align output_size=grid:out scales_d=grid:scales_d
    scales_h=grid:scales_h scales_w=grid:scales_w self_sym_sizes=x_shape
Var VarMean: correction dim=dims keepdim self=x
Where: condition
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
