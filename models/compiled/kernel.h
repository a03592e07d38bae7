/* What the parts of the kernel share.

   jieba (exact mode, no hidden Markov model) and the array operations of models/terms.py and
   models/linear.py are the definition, and do the work where this was not compiled;
   tests/test_kernel.py holds one to the other. models/kernel.py describes the functions.

   The interpreter's lock is held throughout, so that scratch space belongs to one call at a time.
   Arrays are checked to be as long as they must be; what stands in dictionary and trie is trusted,
   as segmenter.c and trie.py made it. */

#ifndef KERNEL_H
#define KERNEL_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

#define FIBONACCI 0x9E3779B97F4A7C15u /* 2^64 / golden ratio spreads keys evenly (TAOCP 3, 6.4) */

/* Converters for PyArg_ParseTuple: contiguous arrays whose items are of one type; those to be
   written into start with out. ValueError for others. */
int integers(PyObject *object, void *found); /* of 32 or 64 bits */
int int32s(PyObject *object, void *found);
int int64s(PyObject *object, void *found);
int floats(PyObject *object, void *found);
int doubles(PyObject *object, void *found);
int out_int32s(PyObject *object, void *found);
int out_int64s(PyObject *object, void *found);
int out_bits(PyObject *object, void *found); /* of 64 bits */
int out_doubles(PyObject *object, void *found);

Py_ssize_t n_items(const Py_buffer *array);
int is_of(const Py_buffer *array, Py_ssize_t least); /* 0 with ValueError set where it is shorter */
void release(Py_buffer **arrays, size_t n);
#define RELEASE(arrays) release(arrays, sizeof arrays / sizeof *arrays)

static inline int is_between(Py_UCS4 character, Py_UCS4 first, Py_UCS4 last) {
    return character >= first && character <= last;
}

/* A dictionary: words and their beginnings in a hash table from (node, next character) to node. A
   node is the number of its slot, from 1; 0 is the node of nothing. */
typedef struct {
    int64_t key;   /* node * 2^21 + character, 0 in an empty slot */
    double weight; /* log of the relative frequency; 0 where no word ends */
} Slot;

typedef struct {
    Slot *slots;
    int64_t n_slots; /* a power of two; one more slot has the weight of an unknown character */
    int shift;
} Dictionary;

int dictionary_of(const Py_buffer *array, Dictionary *found); /* 0 with ValueError set */

/* Is told where each word starts and ends; returns whether to go on. */
typedef int (*Emit)(void *to, Py_ssize_t start, Py_ssize_t end);

/* Tells `to` the words of a text as jieba cuts it; returns 0 with an error set where it failed. */
int segment(const Dictionary *dictionary, const Py_UCS4 *text, Py_ssize_t length, Emit emit,
            void *to);

PyObject *dictionary(PyObject *self, PyObject *arguments);
PyObject *cut(PyObject *self, PyObject *arguments);
PyObject *rows(PyObject *self, PyObject *arguments);
PyObject *scores(PyObject *self, PyObject *arguments);
PyObject *breadths(PyObject *self, PyObject *arguments);

#endif
