/* Texts to TF-IDF rows: what Vocabulary.rows says. */

#include "kernel.h"

#define N_CODE_POINTS 0x110000

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
} Bag;

/* Counts the term that a node ends; 0 where it ends none. */
static int add(Bag *bag, int64_t node) {
    int64_t term = node - 1;
    if (term < 0 || term >= bag->n_terms) return 0;
    bag->counts[term]++;
    bag->seen[term >> 6] |= (uint64_t)1 << (term & 63);
    return 1;
}

/* What models/terms.py counts as Chinese. */
static int is_chinese(Py_UCS4 character) {
    return is_between(character, 0x4E00, 0x9FFF) || is_between(character, 0x3400, 0x4DBF) ||
           is_between(character, 0x20000, 0x3134F);
}

/* Counts the n-grams, and returns how many known ones are two Chinese characters. */
static int64_t add_ngrams(Bag *bag, const Trie *trie, const Py_UCS4 *text, Py_ssize_t length) {
    int64_t pairs = 0;
    for (Py_ssize_t start = 0; start < length; start++) {
        int64_t node = text[start] < N_CODE_POINTS ? trie->first[text[start]] : 0;
        for (Py_ssize_t end = start + 1; node > 0; end++) {
            int is_pair = end == start + 2 && is_chinese(text[start]) && is_chinese(text[end - 1]);
            pairs += add(bag, node) && is_pair;
            node = end < length ? child(trie, node, text[end]) : 0;
        }
    }
    return pairs;
}

/* What a word is looked up in, and where it is counted. */
typedef struct {
    Bag *bag;
    const Trie *trie;
    const Py_UCS4 *text;
} Counter;

static int add_word(void *to, Py_ssize_t start, Py_ssize_t end) {
    const Counter *counter = to;
    const Trie *trie = counter->trie;
    int64_t node = trie->words;
    for (; node > 0 && start < end; start++) node = child(trie, node, counter->text[start]);
    add(counter->bag, node);
    return 1;
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
    double length = sqrt(squares);
    for (Py_ssize_t at = 0; at < n; at++) values[at] /= length;
    return n;
}

/* How many different terms all texts can have at most; -1 with an error set. */
static Py_ssize_t most_terms(PyObject *texts, Py_ssize_t depth) {
    Py_ssize_t most = 0, n = PyList_Size(texts);
    for (Py_ssize_t at = 0; at < n && !PyErr_Occurred(); at++)
        most += (depth + 1) * PyUnicode_GetLength(PyList_GetItem(texts, at));
    return PyErr_Occurred() ? -1 : most;
}

/* Counts the terms of one petition; 0 with an error set where there is no memory. */
static int count(Bag *bag, const Dictionary *dictionary, const Trie *trie, PyObject *folded,
                 int64_t *pairs) {
    Py_ssize_t length = PyUnicode_GetLength(folded);
    Py_UCS4 *text = PyUnicode_AsUCS4Copy(folded);
    if (text == NULL) return 0;
    Counter counter = {bag, trie, text};
    int is_sound = segment(dictionary, text, length, add_word, &counter);
    *pairs = add_ngrams(bag, trie, text, length);
    PyMem_Free(text);
    return is_sound;
}

PyObject *rows(PyObject *self, PyObject *arguments) {
    PyObject *texts, *found = NULL;
    Py_buffer slots, numbers, first, keys, children, idf, counts, seen, starts, terms, values,
        pairs;
    Py_buffer *buffers[] = {&slots,  &numbers, &first,  &keys,  &children, &idf,
                            &counts, &seen,    &starts, &terms, &values,   &pairs};
    long long base, words_at;
    int shift;
    Py_ssize_t depth;
    (void)self;
    /* Not in groups: CPython 3.11 has room for eight converted arguments in all groups together. */
    if (!PyArg_ParseTuple(arguments, "O!O&O&O&O&O&LiLnO&O&O&O&O&O&O&", &PyList_Type, &texts, int64s,
                          &slots, int32s, &numbers, int32s, &first, integers, &keys, int32s,
                          &children, &base, &shift, &words_at, &depth, doubles, &idf, out_int32s,
                          &counts, out_bits, &seen, out_int64s, &starts, out_int64s, &terms,
                          out_doubles, &values, out_int64s, &pairs))
        return NULL;
    Py_ssize_t n_terms = n_items(&idf), n_texts = PyList_Size(texts);
    Py_ssize_t most = most_terms(texts, depth);
    Dictionary known;
    if (most < 0 || !dictionary_of(&slots, &known) || !is_of(&numbers, N_CODE_POINTS) ||
        !is_of(&first, N_CODE_POINTS) || !is_of(&children, n_items(&keys)) ||
        !is_of(&counts, n_terms) || !is_of(&seen, (n_terms + 63) / 64) ||
        !is_of(&starts, n_texts + 1) || !is_of(&pairs, n_texts) || !is_of(&terms, most) ||
        !is_of(&values, most))
        goto done;
    Trie trie = {numbers.buf,  first.buf,      keys.buf, keys.itemsize == 8,
                 children.buf, n_items(&keys), base,     words_at, shift};
    Bag bag = {counts.buf, seen.buf, n_terms};
    int64_t *start = starts.buf, *pair = pairs.buf;
    start[0] = 0;
    for (Py_ssize_t at = 0; at < n_texts; at++) {
        int is_sound = count(&bag, &known, &trie, PyList_GetItem(texts, at), pair + at);
        start[at + 1] = start[at] + weigh(&bag, idf.buf, (int64_t *)terms.buf + start[at],
                                          (double *)values.buf + start[at]);
        if (!is_sound) goto done;
    }
    found = PyLong_FromLongLong(start[n_texts]);
done:
    RELEASE(buffers);
    return found;
}
