/* Words as jieba cuts them in exact mode without its hidden Markov model: of all cuts of a block
   into words of the dictionary and single characters the likeliest. */

#include "kernel.h"

int dictionary_of(const Py_buffer *array, Dictionary *found) {
    found->slots = array->buf;
    found->n_slots = array->len / (Py_ssize_t)sizeof(Slot) - 1;
    found->shift = 64;
    while (found->n_slots > 1 && (int64_t)1 << (64 - found->shift) < found->n_slots) found->shift--;
    if (found->n_slots > 1 && (int64_t)1 << (64 - found->shift) == found->n_slots) return 1;
    PyErr_SetString(PyExc_ValueError, "a dictionary has not a power of two of slots and one more");
    return 0;
}

/* The slot of a node, or the empty one where it would stand. */
static int64_t slot_of(const Dictionary *dictionary, int64_t node, Py_UCS4 character) {
    int64_t key = node << 21 | character;
    int64_t slot = (int64_t)(((uint64_t)key * FIBONACCI) >> dictionary->shift);
    while (dictionary->slots[slot].key != key && dictionary->slots[slot].key != 0)
        slot = (slot + 1) & (dictionary->n_slots - 1);
    return slot;
}

/* Adds the word before a space; returns whether there is room for more. */
static int add_entry(Dictionary *dictionary, const Py_UCS4 *word, Py_ssize_t length,
                     double frequency, int64_t *n_nodes) {
    int64_t node = 0;
    for (Py_ssize_t at = 0; at < length; at++) {
        int64_t slot = slot_of(dictionary, node, word[at]);
        if (dictionary->slots[slot].key == 0) {
            if (++*n_nodes > dictionary->n_slots / 4 * 3) return 0;
            dictionary->slots[slot].key = node << 21 | word[at];
        }
        node = slot + 1;
    }
    if (node) dictionary->slots[node - 1].weight = frequency;
    return 1;
}

/* Lines of a word, a space, its frequency and perhaps more. */
PyObject *dictionary(PyObject *self, PyObject *arguments) {
    PyObject *lines;
    Py_buffer out;
    Dictionary made;
    (void)self;
    if (!PyArg_ParseTuple(arguments, "UO&", &lines, out_int64s, &out)) return NULL;
    Py_ssize_t length = PyUnicode_GetLength(lines), start = 0;
    Py_UCS4 *text = PyUnicode_AsUCS4Copy(lines);
    int is_sound = text != NULL && dictionary_of(&out, &made);
    double total = 0;
    int64_t n_nodes = 0;
    while (is_sound && start < length) {
        Py_ssize_t end = start;
        while (end < length && text[end] != ' ' && text[end] != '\n') end++;
        double frequency = 0;
        Py_ssize_t digits = end < length && text[end] == ' ' ? end + 1 : length;
        for (Py_ssize_t at = digits; at < length && text[at] >= '0' && text[at] <= '9'; at++)
            frequency = frequency * 10 + (text[at] - '0');
        is_sound = add_entry(&made, text + start, end - start, frequency, &n_nodes);
        total += frequency;
        for (start = end; start < length && text[start] != '\n'; start++) continue;
        start++;
    }
    total = log(total);
    for (int64_t at = 0; is_sound && at < made.n_slots; at++)
        if (made.slots[at].weight > 0) made.slots[at].weight = log(made.slots[at].weight) - total;
    if (is_sound) made.slots[made.n_slots].weight = -total;
    PyMem_Free(text);
    PyBuffer_Release(&out);
    if (is_sound) Py_RETURN_NONE;
    if (!PyErr_Occurred()) PyErr_SetString(PyExc_ValueError, "a dictionary has too few slots");
    return NULL;
}

static int is_latin(Py_UCS4 character) {
    return is_between(character, 'a', 'z') || is_between(character, 'A', 'Z') ||
           is_between(character, '0', '9');
}

/* Of these characters jieba's blocks are made; any other is a word by itself in a folded text. */
static int is_inside(Py_UCS4 character) {
    return is_between(character, 0x4E00, 0x9FD5) || is_latin(character) ||
           (character < 128 && character > 0 && strchr("+#&._%-", (int)character) != NULL);
}

/* The likeliest cut of a block, from its end: `weights` of what follows each character, and the
   word at each character ends before `ends`. Of equal ones jieba takes the longest word. */
static void find_route(const Dictionary *dictionary, const Py_UCS4 *text, Py_ssize_t start,
                       Py_ssize_t end, double *weights, Py_ssize_t *ends) {
    weights[end] = 0;
    for (Py_ssize_t first = end - 1; first >= start; first--) {
        weights[first] = dictionary->slots[dictionary->n_slots].weight + weights[first + 1];
        ends[first] = first + 1;
        int64_t node = 0;
        int is_known = 0;
        for (Py_ssize_t at = first; at < end; at++) {
            int64_t slot = slot_of(dictionary, node, text[at]);
            if (dictionary->slots[slot].key == 0) break;
            node = slot + 1;
            if (dictionary->slots[slot].weight >= 0) continue;
            double weight = dictionary->slots[slot].weight + weights[at + 1];
            if (is_known && weight < weights[first]) continue;
            weights[first] = weight;
            ends[first] = at + 1;
            is_known = 1;
        }
    }
}

/* The words of a block; letters and digits that stay alone are joined. */
static int emit_block(const Py_UCS4 *text, Py_ssize_t start, Py_ssize_t end, const Py_ssize_t *ends,
                      Emit emit, void *to) {
    Py_ssize_t joined = start;
    for (Py_ssize_t at = start; at < end; at = ends[at]) {
        if (ends[at] == at + 1 && is_latin(text[at])) continue;
        if (joined < at && !emit(to, joined, at)) return 0;
        if (!emit(to, at, ends[at])) return 0;
        joined = ends[at];
    }
    return joined == end || emit(to, joined, end);
}

int segment(const Dictionary *dictionary, const Py_UCS4 *text, Py_ssize_t length, Emit emit,
            void *to) {
    double *weights = PyMem_Malloc((size_t)(length + 1) * sizeof(double));
    Py_ssize_t *ends = PyMem_Malloc((size_t)(length + 1) * sizeof(Py_ssize_t));
    int is_sound = weights != NULL && ends != NULL;
    if (!is_sound) PyErr_NoMemory();
    for (Py_ssize_t start = 0, end; is_sound && start < length; start = end) {
        for (end = start; end < length && is_inside(text[end]); end++) continue;
        if (end == start) {
            is_sound = emit(to, start, ++end);
            continue;
        }
        find_route(dictionary, text, start, end, weights, ends);
        is_sound = emit_block(text, start, end, ends, emit, to);
    }
    PyMem_Free(weights);
    PyMem_Free(ends);
    return is_sound;
}

typedef struct {
    PyObject *text, *words;
} Cut;

static int append(void *to, Py_ssize_t start, Py_ssize_t end) {
    Cut *cut = to;
    PyObject *word = PyUnicode_Substring(cut->text, start, end);
    int is_sound = word != NULL && PyList_Append(cut->words, word) == 0;
    Py_XDECREF(word);
    return is_sound;
}

PyObject *cut(PyObject *self, PyObject *arguments) {
    PyObject *folded;
    Py_buffer array;
    Dictionary known;
    (void)self;
    if (!PyArg_ParseTuple(arguments, "UO&", &folded, int64s, &array)) return NULL;
    Cut found = {folded, PyList_New(0)};
    Py_UCS4 *text = PyUnicode_AsUCS4Copy(folded);
    int is_sound = found.words != NULL && text != NULL && dictionary_of(&array, &known) &&
                   segment(&known, text, PyUnicode_GetLength(folded), append, &found);
    PyMem_Free(text);
    PyBuffer_Release(&array);
    if (is_sound) return found.words;
    Py_XDECREF(found.words);
    return NULL;
}
