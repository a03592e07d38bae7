/* Counting terms and adding up scores, one petition after the other.

   The array operations of models/terms.py and models/linear.py are the definition, and do the work
   where this file was not compiled; tests/test_kernel.py holds one to the other. The interpreter's
   lock is held throughout, so that the scratch space belongs to one call at a time. Buffers are
   checked to be as long as they must be; what stands in the trie is trusted, as trie.py made it. */

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

#ifdef _MSC_VER
#include <intrin.h>
static int lowest_bit(uint64_t bits) {
    unsigned long at;
    _BitScanForward64(&at, bits);
    return (int)at;
}
#else
static int lowest_bit(uint64_t bits) { return __builtin_ctzll(bits); }
#endif

#define N_CODE_POINTS 0x110000
#define FIBONACCI 0x9E3779B97F4A7C15u

static Py_ssize_t n_items(const Py_buffer *array) { return array->len / array->itemsize; }

static int is_of(const Py_buffer *array, Py_ssize_t least) {
    if (n_items(array) >= least) return 1;
    PyErr_SetString(PyExc_ValueError, "an array is too short");
    return 0;
}

/* Converters for PyArg_ParseTuple: contiguous arrays whose items are of one type. */
static int array(PyObject *object, Py_buffer *found, int flags, const char *types, int itemsize) {
    if (object == NULL) {
        PyBuffer_Release(found);
        return 1;
    }
    if (PyObject_GetBuffer(object, found, flags | PyBUF_C_CONTIGUOUS | PyBUF_FORMAT) < 0) return 0;
    if (strlen(found->format) == 1 && strchr(types, *found->format) &&
        (itemsize == 0 || found->itemsize == itemsize))
        return Py_CLEANUP_SUPPORTED;
    PyBuffer_Release(found);
    PyErr_SetString(PyExc_ValueError, "an array is of another type");
    return 0;
}

#define ARRAY(name, flags, types, itemsize)                     \
    static int name(PyObject *object, void *found) {            \
        return array(object, found, flags, types, itemsize);    \
    }
ARRAY(integers, 0, "ilq", 0)
ARRAY(int32s, 0, "il", 4)
ARRAY(int64s, 0, "lq", 8)
ARRAY(floats, 0, "f", 4)
ARRAY(doubles, 0, "d", 8)
ARRAY(flags, 0, "?", 1)
ARRAY(out_int32s, PyBUF_WRITABLE, "il", 4)
ARRAY(out_int64s, PyBUF_WRITABLE, "lq", 8)
ARRAY(out_bits, PyBUF_WRITABLE, "LQ", 8)
ARRAY(out_doubles, PyBUF_WRITABLE, "d", 8)

/* A trie as trie.py lays it out. */
typedef struct {
    const int32_t *numbers, *first;
    const void *keys;
    int is_wide; /* whether keys have 64 bits */
    const int32_t *children;
    Py_ssize_t n_slots;
    int64_t base, words;
    int shift;
} Trie;

static int64_t child(const Trie *trie, int64_t node, Py_UCS4 character) {
    int64_t number = character < N_CODE_POINTS ? trie->numbers[character] : 0;
    if (number == 0) return 0;
    int64_t key = node * trie->base + number;
    Py_ssize_t slot = (Py_ssize_t)(((uint64_t)key * FIBONACCI) >> trie->shift);
    for (; slot < trie->n_slots; slot++) {
        int64_t found = trie->is_wide ? ((const int64_t *)trie->keys)[slot]
                                      : ((const int32_t *)trie->keys)[slot];
        if (found == key) return trie->children[slot];
        if (found == 0) return 0;
    }
    return 0;
}

/* The terms of one petition while they are counted. */
typedef struct {
    int32_t *counts; /* per term; all 0 between petitions */
    uint64_t *seen;  /* a bit per term; all 0 between petitions */
    int64_t n_terms;
    const uint8_t *is_pair;
    int64_t pairs;
} Bag;

static void add(Bag *bag, int64_t node) {
    int64_t term = node - 1;
    if (term < 0 || term >= bag->n_terms) return;
    bag->counts[term]++;
    bag->seen[term >> 6] |= (uint64_t)1 << (term & 63);
    bag->pairs += bag->is_pair[term];
}

static void add_ngrams(Bag *bag, const Trie *trie, const Py_UCS4 *text, Py_ssize_t length) {
    for (Py_ssize_t start = 0; start < length; start++) {
        int64_t node = text[start] < N_CODE_POINTS ? trie->first[text[start]] : 0;
        for (Py_ssize_t at = start + 1; node > 0; at++) {
            add(bag, node);
            node = at < length ? child(trie, node, text[at]) : 0;
        }
    }
}

/* The words joined are the text. */
static int add_words(Bag *bag, const Trie *trie, const Py_UCS4 *text, Py_ssize_t length,
                     PyObject *words) {
    Py_ssize_t n_words = PyList_Size(words), start = 0;
    for (Py_ssize_t word = 0; word < n_words; word++) {
        Py_ssize_t end = start + PyUnicode_GetLength(PyList_GetItem(words, word));
        if (end < start || end > length) return -1;
        int64_t node = trie->words;
        for (; node > 0 && start < end; start++) node = child(trie, node, text[start]);
        add(bag, node);
        start = end;
    }
    return 0;
}

/* Writes the terms in their order with their weights, empties the bag, and returns how many. */
static Py_ssize_t weigh(Bag *bag, const double *idf, int64_t *terms, double *values) {
    Py_ssize_t n = 0;
    double squares = 0;
    for (int64_t block = 0; block < (bag->n_terms + 63) >> 6; block++) {
        for (uint64_t bits = bag->seen[block]; bits; bits &= bits - 1) {
            int64_t term = (block << 6) + lowest_bit(bits);
            int32_t count = bag->counts[term];
            double value = count > 1 ? idf[term] * (1 + log(count)) : idf[term];
            squares += value * value;
            terms[n] = term;
            values[n++] = value;
            bag->counts[term] = 0;
        }
        bag->seen[block] = 0;
    }
    for (Py_ssize_t at = 0; at < n; at++) values[at] /= sqrt(squares);
    return n;
}

/* How many different terms all texts can have at most; -1 with an error set. */
static Py_ssize_t most_terms(PyObject *texts, PyObject *words, Py_ssize_t depth) {
    Py_ssize_t most = 0, n = PyList_Size(texts);
    if (n != PyList_Size(words)) PyErr_SetString(PyExc_ValueError, "not one list of words a text");
    for (Py_ssize_t at = 0; at < n && !PyErr_Occurred(); at++) {
        most += depth * PyUnicode_GetLength(PyList_GetItem(texts, at));
        most += PyList_Size(PyList_GetItem(words, at));
    }
    return PyErr_Occurred() ? -1 : most;
}

/* Adds up one petition; -1 with an error set. */
static Py_ssize_t count(Bag *bag, const Trie *trie, PyObject *folded, PyObject *words) {
    Py_ssize_t length = PyUnicode_GetLength(folded);
    Py_UCS4 *text = PyUnicode_AsUCS4Copy(folded);
    if (text == NULL) return -1;
    int is_sound = add_words(bag, trie, text, length, words) == 0;
    bag->pairs = 0; /* words are none */
    if (is_sound) add_ngrams(bag, trie, text, length);
    PyMem_Free(text);
    if (!is_sound && !PyErr_Occurred())
        PyErr_SetString(PyExc_ValueError, "the words of a text are longer than the text");
    return is_sound ? 0 : -1;
}

static PyObject *rows(PyObject *self, PyObject *arguments) {
    PyObject *texts, *words, *found = NULL;
    Py_buffer numbers, first, keys, children, idf, is_pair, counts, seen, starts, terms, values, pairs;
    Py_buffer *buffers[] = {&numbers, &first, &keys,   &children, &idf,    &is_pair,
                            &counts,  &seen,  &starts, &terms,    &values, &pairs};
    long long base, words_at;
    int shift;
    Py_ssize_t depth;
    (void)self;
    if (!PyArg_ParseTuple(arguments, "O!O!((O&O&O&O&)LiLn)O&O&(O&O&)(O&O&O&O&)", &PyList_Type, &texts,
                          &PyList_Type, &words, int32s, &numbers, int32s, &first, integers, &keys,
                          int32s, &children, &base, &shift, &words_at, &depth, doubles, &idf, flags,
                          &is_pair, out_int32s, &counts, out_bits, &seen, out_int64s, &starts,
                          out_int64s, &terms, out_doubles, &values, out_int64s, &pairs))
        return NULL;
    Py_ssize_t n_terms = n_items(&idf), n_texts = PyList_Size(texts);
    Py_ssize_t most = most_terms(texts, words, depth);
    if (most < 0 || !is_of(&numbers, N_CODE_POINTS) || !is_of(&first, N_CODE_POINTS) ||
        !is_of(&children, n_items(&keys)) || !is_of(&is_pair, n_terms) || !is_of(&counts, n_terms) ||
        !is_of(&seen, (n_terms + 63) / 64) || !is_of(&starts, n_texts + 1) ||
        !is_of(&pairs, n_texts) || !is_of(&terms, most) || !is_of(&values, most))
        goto done;
    Trie trie = {numbers.buf,  first.buf,      keys.buf, keys.itemsize == 8,
                 children.buf, n_items(&keys), base,     words_at, shift};
    Bag bag = {counts.buf, seen.buf, n_terms, is_pair.buf, 0};
    int64_t *start = starts.buf;
    start[0] = 0;
    for (Py_ssize_t at = 0; at < n_texts; at++) {
        int is_sound = count(&bag, &trie, PyList_GetItem(texts, at), PyList_GetItem(words, at)) == 0;
        start[at + 1] = start[at] + weigh(&bag, idf.buf, (int64_t *)terms.buf + start[at],
                                          (double *)values.buf + start[at]);
        if (!is_sound) goto done;
        ((int64_t *)pairs.buf)[at] = bag.pairs;
    }
    found = PyLong_FromLongLong(start[n_texts]);
done:
    for (size_t at = 0; at < sizeof buffers / sizeof *buffers; at++) PyBuffer_Release(buffers[at]);
    return found;
}

/* Sparse rows and a matrix with a line for each term. */
typedef struct {
    const int64_t *starts, *terms;
    const double *values;
    const float *weights;
    int64_t n_rows, n_entries, n_terms, n_labels;
} Product;

/* One number for each row that is asked for: its label, or for scores its place. */
typedef int (*Work)(const Product *product, Py_ssize_t at, int64_t asked, double *out);

/* Whether the entries of a row are there. */
static int has(const Product *product, int64_t row) {
    if (row < 0 || row >= product->n_rows || product->starts[row] < 0 ||
        product->starts[row + 1] > product->n_entries)
        return 0;
    for (int64_t at = product->starts[row]; at < product->starts[row + 1]; at++)
        if (product->terms[at] < 0 || product->terms[at] >= product->n_terms) return 0;
    return 1;
}

static int add_scores(const Product *product, Py_ssize_t at, int64_t row, double *out) {
    double *scores = out + at * product->n_labels;
    if (!has(product, row)) return 0;
    for (int64_t entry = product->starts[row]; entry < product->starts[row + 1]; entry++) {
        const float *weights = product->weights + product->terms[entry] * product->n_labels;
        for (int64_t label = 0; label < product->n_labels; label++)
            scores[label] += product->values[entry] * weights[label];
    }
    return 1;
}

static int find_breadth(const Product *product, Py_ssize_t row, int64_t label, double *out) {
    double sum = 0, squares = 0;
    if (!has(product, row) || label < 0 || label >= product->n_labels) return 0;
    for (int64_t entry = product->starts[row]; entry < product->starts[row + 1]; entry++) {
        double towards = product->weights[product->terms[entry] * product->n_labels + label];
        if (towards <= 0) continue;
        double clue = towards * product->values[entry];
        sum += clue;
        squares += clue * clue;
    }
    out[row] = squares > 0 ? sum * sum / squares : 0;
    return 1;
}

static PyObject *multiply(PyObject *arguments, Work work, int is_wide) {
    Py_buffer starts, terms, values, weights, asked, out;
    Py_buffer *buffers[] = {&starts, &terms, &values, &weights, &asked, &out};
    Py_ssize_t n_labels;
    if (!PyArg_ParseTuple(arguments, "O&O&O&O&nO&O&", int64s, &starts, int64s, &terms, doubles,
                          &values, floats, &weights, &n_labels, int64s, &asked, out_doubles, &out))
        return NULL;
    Py_ssize_t n_asked = n_items(&asked), width = is_wide ? n_labels : 1;
    int is_sound = n_labels > 0 && is_of(&starts, 1) && is_of(&values, n_items(&terms)) &&
                   is_of(&out, n_asked * width);
    if (is_sound) {
        Product product = {starts.buf,          terms.buf,       values.buf,
                           weights.buf,         n_items(&starts) - 1, n_items(&terms),
                           n_items(&weights) / n_labels, n_labels};
        for (Py_ssize_t at = 0; is_sound && at < n_asked; at++)
            is_sound = work(&product, at, ((const int64_t *)asked.buf)[at], out.buf);
    }
    for (size_t at = 0; at < sizeof buffers / sizeof *buffers; at++) PyBuffer_Release(buffers[at]);
    if (is_sound) Py_RETURN_NONE;
    if (!PyErr_Occurred()) PyErr_SetString(PyExc_ValueError, "the rows do not fit the weights");
    return NULL;
}

static PyObject *scores(PyObject *self, PyObject *arguments) {
    (void)self;
    return multiply(arguments, add_scores, 1);
}

static PyObject *breadths(PyObject *self, PyObject *arguments) {
    (void)self;
    return multiply(arguments, find_breadth, 0);
}

static PyMethodDef methods[] = {{"rows", rows, METH_VARARGS, NULL},
                                {"scores", scores, METH_VARARGS, NULL},
                                {"breadths", breadths, METH_VARARGS, NULL},
                                {NULL, NULL, 0, NULL}};

static struct PyModuleDef module = {
    PyModuleDef_HEAD_INIT, "_kernel", "Described in _kernel.pyi.", 0, methods, NULL, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit__kernel(void) { return PyModule_Create(&module); }
