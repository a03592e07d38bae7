/* Rows times weights, and on how many terms an answer rests: what Linear says. */

#include "kernel.h"

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
    RELEASE(buffers);
    if (is_sound) Py_RETURN_NONE;
    if (!PyErr_Occurred()) PyErr_SetString(PyExc_ValueError, "the rows do not fit the weights");
    return NULL;
}

PyObject *scores(PyObject *self, PyObject *arguments) {
    (void)self;
    return multiply(arguments, add_scores, 1);
}

PyObject *breadths(PyObject *self, PyObject *arguments) {
    (void)self;
    return multiply(arguments, find_breadth, 0);
}
