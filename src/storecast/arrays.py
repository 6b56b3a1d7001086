"""The array types of the numerical code, each named by its dtype. Shapes stand in docstrings."""

import numpy as np
import numpy.typing as npt

F32 = npt.NDArray[np.float32]
F64 = npt.NDArray[np.float64]
I8 = npt.NDArray[np.int8]
I64 = npt.NDArray[np.int64]
Bool = npt.NDArray[np.bool_]
Days = npt.NDArray[np.datetime64]
