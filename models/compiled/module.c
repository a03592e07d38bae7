/* The module, and the arrays that come in and go out. */

#include "kernel.h"

static int array(PyObject *object, Py_buffer *found, int flags, const char *types, int itemsize) {
    if (object == NULL) { /* a later argument was refused */
        PyBuffer_Release(found);
        return 1;
    }
    if (PyObject_GetBuffer(object, found, flags | PyBUF_C_CONTIGUOUS | PyBUF_FORMAT) < 0) return 0;
    if (strlen(found->format) == 1 && strchr(types, *found->format) != NULL &&
        (itemsize == 0 || found->itemsize == itemsize))
        return Py_CLEANUP_SUPPORTED;
    PyBuffer_Release(found);
    PyErr_SetString(PyExc_ValueError, "an array is of another type");
    return 0;
}

#define ARRAY(name, flags, types, itemsize)                   \
    int name(PyObject *object, void *found) {                 \
        return array(object, found, flags, types, itemsize);  \
    }
ARRAY(integers, 0, "ilq", 0)
ARRAY(int32s, 0, "il", 4)
ARRAY(int64s, 0, "lq", 8)
ARRAY(floats, 0, "f", 4)
ARRAY(doubles, 0, "d", 8)
ARRAY(out_int32s, PyBUF_WRITABLE, "il", 4)
ARRAY(out_int64s, PyBUF_WRITABLE, "lq", 8)
ARRAY(out_bits, PyBUF_WRITABLE, "LQ", 8)
ARRAY(out_doubles, PyBUF_WRITABLE, "d", 8)

Py_ssize_t n_items(const Py_buffer *array) { return array->len / array->itemsize; }

int is_of(const Py_buffer *array, Py_ssize_t least) {
    if (n_items(array) >= least) return 1;
    PyErr_SetString(PyExc_ValueError, "an array is too short");
    return 0;
}

void release(Py_buffer **arrays, size_t n) {
    for (size_t at = 0; at < n; at++) PyBuffer_Release(arrays[at]);
}

static PyMethodDef methods[] = {{"dictionary", dictionary, METH_VARARGS, NULL},
                                {"cut", cut, METH_VARARGS, NULL},
                                {"rows", rows, METH_VARARGS, NULL},
                                {"scores", scores, METH_VARARGS, NULL},
                                {"breadths", breadths, METH_VARARGS, NULL},
                                {NULL, NULL, 0, NULL}};

static struct PyModuleDef module = {
    PyModuleDef_HEAD_INIT, "_kernel", "See kernel.py.", 0, methods, NULL, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit__kernel(void) { return PyModule_Create(&module); }
