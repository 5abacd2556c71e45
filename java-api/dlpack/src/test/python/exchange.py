"""NumPy as the other side of the DLPack functions of libgramian_cpu: python3 exchange.py LIBRARY."""

import ctypes
import sys

import numpy

NUMBERS = 28
DEAD = ctypes.CFUNCTYPE(None, ctypes.c_int64)


def functions(path):
    library = ctypes.CDLL(path)
    library.gramian_last_error.restype = ctypes.c_char_p
    library.gramian_dlpack_read.argtypes = [ctypes.c_int64, ctypes.c_int32, ctypes.c_void_p]
    library.gramian_dlpack_delete.argtypes = [ctypes.c_int64, ctypes.c_int32]
    library.gramian_dlpack_make.argtypes = (
        [ctypes.c_int64] + [ctypes.c_int32] * 5 + [ctypes.c_void_p, ctypes.c_int32, DEAD, ctypes.c_int64]
        + [ctypes.c_void_p])
    return library


class Capsules:
    api = ctypes.pythonapi
    api.PyCapsule_GetPointer.restype = ctypes.c_void_p
    api.PyCapsule_GetPointer.argtypes = [ctypes.py_object, ctypes.c_char_p]
    api.PyCapsule_SetName.argtypes = [ctypes.py_object, ctypes.c_char_p]
    api.PyCapsule_New.restype = ctypes.py_object
    api.PyCapsule_New.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p]


NAMES = {0: b"dltensor", 1: b"dltensor_versioned"}
USED = {0: b"used_dltensor", 1: b"used_dltensor_versioned"}
WORDS = []


def kept(word):
    WORDS.append(word)  # a capsule keeps the address of its name
    return word


def taken(array, versioned):
    """Address of the structure of an array, ours from now on."""
    capsule = array.__dlpack__(max_version=(1, 0)) if versioned else array.__dlpack__()
    address = Capsules.api.PyCapsule_GetPointer(capsule, NAMES[versioned])
    Capsules.api.PyCapsule_SetName(capsule, kept(USED[versioned]))
    return address


def read(library, address, versioned):
    numbers = (ctypes.c_int64 * NUMBERS)()
    assert library.gramian_dlpack_read(address, versioned, numbers) == 0, library.gramian_last_error()
    return list(numbers)


def numpy_to_gramian(library, versioned):
    array = numpy.arange(6, dtype=numpy.float32).reshape(2, 3)
    before = sys.getrefcount(array)
    address = taken(array, versioned)
    assert sys.getrefcount(array) == before + 1
    numbers = read(library, address, versioned)
    assert numbers[:8] == [array.ctypes.data, 1, 0, 2, 2, 32, 1, 0], numbers
    assert numbers[9] == versioned, numbers
    assert numbers[12:15] == [2, 3, 0], numbers
    assert numbers[11] == 0 or numbers[20:22] == [3, 1], numbers
    assert library.gramian_dlpack_delete(address, versioned) == 0
    assert sys.getrefcount(array) == before

    columns = taken(array.T, versioned)
    assert read(library, columns, versioned)[20:22] == [1, 3]
    library.gramian_dlpack_delete(columns, versioned)
    for dtype, code, bits in [("float64", 2, 64), ("int32", 0, 32), ("int64", 0, 64), ("uint8", 1, 8)]:
        other = taken(numpy.zeros(4, dtype=dtype), versioned)
        assert read(library, other, versioned)[4:6] == [code, bits]
        library.gramian_dlpack_delete(other, versioned)
    if versioned:
        array.flags.writeable = False
        fixed = taken(array, versioned)
        assert read(library, fixed, versioned)[8] & 1 == 1
        library.gramian_dlpack_delete(fixed, versioned)


class Exporter:
    def __init__(self, address, versioned):
        self.capsule = Capsules.api.PyCapsule_New(address, kept(NAMES[versioned]), None)

    def __dlpack__(self, **wishes):
        return self.capsule

    def __dlpack_device__(self):
        return (1, 0)


def gramian_to_numpy(library, versioned):
    memory = (ctypes.c_float * 6)(*range(6))
    sizes = (ctypes.c_int64 * 2)(3, 2)
    dead = []
    released = DEAD(dead.append)
    made = ctypes.c_int64()
    status = library.gramian_dlpack_make(
        ctypes.addressof(memory), 1, 0, 2, 32, 2, sizes, versioned, released, 41 + versioned, ctypes.byref(made))
    assert status == 0, library.gramian_last_error()
    array = numpy.from_dlpack(Exporter(made.value, versioned))
    assert array.ctypes.data == ctypes.addressof(memory)
    assert array.dtype == numpy.float32 and array.shape == (3, 2)
    assert array.tolist() == [[0, 1], [2, 3], [4, 5]]
    memory[5] = -1
    assert array[2, 1] == -1
    assert dead == []
    part = array[1:]
    del array
    assert dead == []
    del part
    assert dead == [41 + versioned], dead


def main():
    library = functions(sys.argv[1])
    for versioned in (0, 1):
        for _ in range(100):
            numpy_to_gramian(library, versioned)
            gramian_to_numpy(library, versioned)
    print("exchanged with NumPy", numpy.__version__)


if __name__ == "__main__":
    main()
