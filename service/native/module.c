/* `service.core.activity._native`: the parts of the native core as one Python type. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include "event.h"

typedef struct {
    PyObject_HEAD
    Events events;
    Record *records;
    Ranks ranks;
    PyObject *packs; /* what the texts of `ranks` point into */
    PyObject *deciders[3];
    bool busy;
} Core;

static PyObject *text_of(Text text) {
    return PyUnicode_DecodeUTF8((const char *)text.at, text.size, "surrogatepass");
}

static PyObject *bytes_of(const Buffer *buffer) {
    return PyBytes_FromStringAndSize((const char *)buffer->bytes, (Py_ssize_t)buffer->size);
}

/* ---- decisions */

static bool copied(Events *events, PyObject *bytes, Text *text) {
    char *from;
    Py_ssize_t size;
    if (PyBytes_AsStringAndSize(bytes, &from, &size) < 0) return false;
    uint8_t *into = size <= UINT32_MAX - 1 ? arena_take(&events->store.arena, (size_t)size) : NULL;
    if (into == NULL) {
        PyErr_NoMemory();
        return false;
    }
    memcpy(into, from, (size_t)size);
    *text = (Text){into, (uint32_t)size};
    return true;
}

/* A text of a record; `absent` where there is none. */
static PyObject *member_of(const Record *record, unsigned member, const char *absent) {
    Text text = record->member[member];
    if (!(record->has >> member & 1)) return PyUnicode_FromString(absent);
    if (!(record->escaped >> member & 1)) return text_of(text);
    uint8_t *plain = PyMem_Malloc(text.size + 1);
    if (plain == NULL) return PyErr_NoMemory();
    PyObject *found = text_of((Text){plain, (uint32_t)unescaped(text, plain)});
    PyMem_Free(plain);
    return found;
}

static PyObject *question_who(const Record *record) {
    return Py_BuildValue("(y#)", record->whole.at, (Py_ssize_t)record->whole.size);
}

static PyObject *question_what(const Record *record, unsigned group) {
    return Py_BuildValue("(INNNNNNN)", group, member_of(record, SOURCE, ""), member_of(record, NAME, ""),
                         member_of(record, TYPE, "AwsApiCall"), member_of(record, ACCOUNT, ""),
                         member_of(record, REGION, ""), member_of(record, ERROR_CODE, ""),
                         member_of(record, ERROR_MESSAGE, ""));
}

static PyObject *question_where(const Record *record, unsigned group) {
    return Py_BuildValue("(INNNO)", group, member_of(record, REGION, ""), member_of(record, SOURCE_IP, ""),
                         member_of(record, VPC_ENDPOINT, ""), is_tls(record) ? Py_True : Py_False);
}

static bool decide(void *core_, unsigned question, uint32_t group, const Record *record, Decision *decision) {
    Core *core = core_;
    PyObject *asked = question == WHO    ? question_who(record)
                      : question == WHAT ? question_what(record, group)
                                         : question_where(record, group);
    PyObject *answer = asked == NULL ? NULL : PyObject_CallObject(core->deciders[question], asked);
    Py_XDECREF(asked);
    if (answer == NULL) return false;
    bool done = false;
    PyObject *denied = NULL;
    *decision = (Decision){0};
    if (answer != Py_None && PyArg_ParseTuple(answer, "IIIS", &decision->number, &decision->group, &decision->flags, &denied))
        done = copied(&core->events, denied, &decision->denied);
    if (done && question == WHAT && decision->group >= core->events.names_count) {
        PyErr_SetString(PyExc_ValueError, "there is no such group of names");
        done = false;
    }
    Py_DECREF(answer);
    return done;
}

static PyObject *core_names(Core *core, PyObject *list) {
    PyObject *names = PySequence_Fast(list, "the names must be a sequence");
    if (names == NULL) return NULL;
    Numbered *group = events_names(&core->events);
    bool failed = group == NULL;
    for (Py_ssize_t each = 0; !failed && each < PySequence_Fast_GET_SIZE(names); each++) {
        Py_ssize_t size;
        bool is_new;
        const char *name = PyUnicode_AsUTF8AndSize(PySequence_Fast_GET_ITEM(names, each), &size);
        if (name == NULL) break;
        failed = numbered_put(group, &(Text){(const uint8_t *)name, (uint32_t)size}, 1, &is_new) == NONE;
    }
    Py_DECREF(names);
    if (failed) return PyErr_NoMemory();
    return PyErr_Occurred() ? NULL : PyLong_FromUnsignedLong(core->events.names_count - 1);
}

/* ---- reading */

static PyObject *taken(Core *core, int count) {
    Store *store = &core->events.store;
    PyObject *odd = PyList_New(0);
    store->pending.size = store->parts.size = 0;
    for (int each = 0; odd != NULL && each < count; each++) {
        const Record *record = &core->records[each];
        if (take_record(&core->events, record)) {
            if (!core->events.failed) continue;
            PyErr_NoMemory();
        }
        if (core->events.failed) PyErr_NoMemory();
        PyObject *left = PyErr_Occurred() ? NULL : Py_BuildValue("(iy#)", each, record->whole.at, (Py_ssize_t)record->whole.size);
        if (left == NULL || PyList_Append(odd, left) < 0) Py_CLEAR(odd);
        Py_XDECREF(left);
    }
    if (odd == NULL || store_pending(store)) return odd == NULL ? NULL : Py_BuildValue("(iN)", count, odd);
    core->events.failed = true;
    Py_DECREF(odd);
    return PyErr_NoMemory();
}

static PyObject *core_scan(Core *core, PyObject *args) {
    Py_buffer data;
    Py_ssize_t begin, end;
    if (!PyArg_ParseTuple(args, "y*nn", &data, &begin, &end)) return NULL;
    PyObject *result = NULL;
    if (begin < 0 || begin > end || end > data.len || end - begin > INT32_MAX) {
        PyErr_SetString(PyExc_ValueError, "the slice is not within the data");
    } else if (core->events.failed) {
        PyErr_NoMemory();
    } else if (core->busy) {
        PyErr_SetString(PyExc_RuntimeError, "a decision must not read");
    } else {
        const uint8_t *at = data.buf;
        Buffer *letters = &core->events.reduction.letters;
        letters->size = 0;
        int count = buffer_grow(letters, (size_t)(end - begin)) ? scan_list(&core->events.scanner, at + begin, at + end, core->records) : -1;
        core->busy = true;
        result = count < 0 ? Py_NewRef(Py_None) : taken(core, count);
        core->busy = false;
    }
    PyBuffer_Release(&data);
    return result;
}

/* What a pair of texts names; these live as long as the pair does. */
static bool put_pair(Reduction *into, PyObject *pair) {
    const char *path, *text;
    Py_ssize_t path_size, text_size;
    bool is_new;
    if (!PyTuple_Check(pair)) PyErr_SetString(PyExc_TypeError, "a name is a path and a text");
    if (PyErr_Occurred() || !PyArg_ParseTuple(pair, "s#s#", &path, &path_size, &text, &text_size)) return false;
    uint32_t number = numbered_put(into->paths, &(Text){(const uint8_t *)path, (uint32_t)path_size}, 1, &is_new);
    Found found = {number, {(const uint8_t *)text, (uint32_t)text_size}};
    if (number == NONE || !buffer_grow(&into->many, sizeof found)) {
        PyErr_NoMemory();
        return false;
    }
    memcpy(into->many.bytes + into->many.size, &found, sizeof found);
    into->many.size += sizeof found;
    return true;
}

static bool put_pairs(Reduction *into, PyObject *pairs) {
    if (!PyTuple_Check(pairs)) { /* a tuple holds on to what it has */
        PyErr_SetString(PyExc_TypeError, "names come in a tuple");
        return false;
    }
    for (Py_ssize_t at = 0; at < PyTuple_GET_SIZE(pairs); at++)
        if (!put_pair(into, PyTuple_GET_ITEM(pairs, at))) return false;
    return true;
}

/* The id of an event as Python has it. */
static bool put_id(Core *core, PyObject *id, Moment *moment) {
    PyObject *bytes = PyUnicode_AsEncodedString(id, "utf-8", "surrogatepass");
    if (bytes == NULL) return false;
    Text text = {(const uint8_t *)PyBytes_AS_STRING(bytes), (uint32_t)PyBytes_GET_SIZE(bytes)};
    bool done = true;
    if (!id_of(text, moment) && (done = copied(&core->events, bytes, &text))) {
        moment->second |= ODD_ID;
        moment->high = (uint64_t)(uintptr_t)text.at;
        moment->low = text.size;
    }
    Py_DECREF(bytes);
    return done;
}

static bool put_time(PyObject *time, Moment *moment) {
    Py_ssize_t size;
    const char *text = PyUnicode_AsUTF8AndSize(time, &size);
    if (text == NULL) return false;
    *moment = (Moment){.day = NO_DAY};
    if (size == 0 || time_of((Text){(const uint8_t *)text, (uint32_t)size}, moment)) return true;
    PyErr_Format(PyExc_ValueError, "%R is not a time in its usual form", time);
    return false;
}

static PyObject *core_note(Core *core, PyObject *args) {
    unsigned principal, common, context;
    PyObject *groups[GROUPS], *time, *id;
    Py_buffer denied, shared_id;
    Moment moment;
    if (core->events.failed) return PyErr_NoMemory();
    if (core->busy) return PyErr_Format(PyExc_RuntimeError, "a decision must not note");
    if (!PyArg_ParseTuple(args, "IIIs*OOOs*UU", &principal, &common, &context, &denied, &groups[0], &groups[1], &groups[2], &shared_id, &time, &id))
        return NULL;
    Reduction *named = &core->events.reduction;
    Store *store = &core->events.store;
    named->many.size = 0;
    named->unescaped = true;
    bool done = put_time(time, &moment) && put_id(core, id, &moment);
    for (unsigned group = 0; done && group < GROUPS; group++) {
        done = put_pairs(named, groups[group]);
        named->ends[group] = (uint32_t)(named->many.size / sizeof(Found));
    }
    if (done) {
        named->found = (Found *)(void *)named->many.bytes;
        named->count = named->ends[GROUPS - 1];
        Text shared = {shared_id.buf, (uint32_t)shared_id.len}, resource = {denied.buf, (uint32_t)denied.len};
        uint32_t ids[] = {principal, store_family(store, common, named), context};
        store->pending.size = store->parts.size = 0;
        done = ids[1] != NONE && store_later(store, ids, named, resource, shared, moment) && store_pending(store);
        if (!done) PyErr_NoMemory();
    }
    PyBuffer_Release(&denied);
    PyBuffer_Release(&shared_id);
    return done ? Py_NewRef(Py_None) : NULL;
}

static PyObject *core_span(Core *core, PyObject *time) {
    Moment moment;
    if (core->events.failed) return PyErr_NoMemory();
    if (!PyUnicode_Check(time)) return PyErr_Format(PyExc_TypeError, "a time is text");
    if (!put_time(time, &moment)) return NULL;
    return store_span(&core->events.store, moment.day, moment.second) ? Py_NewRef(Py_None) : PyErr_NoMemory();
}

/* ---- what was taken in */

static PyObject *paths_of(const Store *store, const uint8_t **at) {
    uint32_t count = read_size(*at);
    PyObject *paths = PyTuple_New(count);
    *at += sizeof count;
    for (uint32_t each = 0; paths != NULL && each < count; each++, *at += sizeof count) {
        PyObject *path = text_of(numbered_text(&store->paths, read_size(*at)));
        if (path == NULL)
            Py_CLEAR(paths);
        else
            PyTuple_SET_ITEM(paths, each, path);
    }
    return paths;
}

static PyObject *shape_of(const Store *store, Text key) {
    const uint8_t *at = key.at;
    PyObject *groups[GROUPS] = {NULL, NULL, NULL};
    for (unsigned group = 0; group < GROUPS && !PyErr_Occurred(); group++) groups[group] = paths_of(store, &at);
    if (!PyErr_Occurred()) return Py_BuildValue("(NNN)", groups[0], groups[1], groups[2]);
    for (unsigned group = 0; group < GROUPS; group++) Py_XDECREF(groups[group]);
    return NULL;
}

static PyObject *core_shapes(Core *core, PyObject *Py_UNUSED(none)) {
    const Store *store = &core->events.store;
    PyObject *shapes = PyList_New(store->shapes.count);
    for (uint32_t each = 0; shapes != NULL && each < store->shapes.count; each++) {
        PyObject *shape = shape_of(store, numbered_text(&store->shapes, each));
        if (shape == NULL)
            Py_CLEAR(shapes);
        else
            PyList_SET_ITEM(shapes, each, shape);
    }
    return shapes;
}

static PyObject *core_families(Core *core, PyObject *Py_UNUSED(none)) {
    const Store *store = &core->events.store;
    PyObject *families = PyList_New(store->families.count);
    for (uint32_t each = 0; families != NULL && each < store->families.count; each++) {
        const uint8_t *key = numbered_text(&store->families, each).at;
        PyObject *family = Py_BuildValue("(II)", read_size(key), read_size(key + sizeof(uint32_t)));
        if (family == NULL)
            Py_CLEAR(families);
        else
            PyList_SET_ITEM(families, each, family);
    }
    return families;
}

static PyObject *core_spans(Core *core, PyObject *Py_UNUSED(none)) {
    const Store *store = &core->events.store;
    PyObject *spans = PyList_New(store->days.count);
    for (uint32_t each = 0; spans != NULL && each < store->days.count; each++) {
        const Span *span = &store->spans[each];
        PyObject *found = Py_BuildValue("(iIII)", span->day, span->first, span->last, span->hours);
        if (found == NULL)
            Py_CLEAR(spans);
        else
            PyList_SET_ITEM(spans, each, found);
    }
    return spans;
}

static PyObject *core_principals(Core *core, PyObject *Py_UNUSED(none)) {
    const Store *store = &core->events.store;
    PyObject *found = PyList_New(0);
    for (uint32_t each = 0; found != NULL && each < store->principal_count; each++) {
        if (store->principals[each].last_row == NONE) continue;
        PyObject *number = PyLong_FromUnsignedLong(each);
        if (number == NULL || PyList_Append(found, number) < 0) Py_CLEAR(found);
        Py_XDECREF(number);
    }
    return found;
}

static PyObject *moment_of(Moment moment) {
    uint32_t second = moment.second & ~(uint32_t)ODD_ID;
    char clock[16], id[40];
    PyOS_snprintf(clock, sizeof clock, "T%02u:%02u:%02uZ", second / 3600, second / 60 % 60, second % 60);
    if (moment.second & ODD_ID) {
        PyObject *odd = text_of((Text){(const uint8_t *)(uintptr_t)moment.high, (uint32_t)moment.low});
        return odd == NULL ? NULL : Py_BuildValue("(isN)", moment.day, clock, odd);
    }
    PyOS_snprintf(id, sizeof id, "%08x-%04x-%04x-%04x-%012llx", (unsigned)(moment.high >> 32), (unsigned)(moment.high >> 16 & 0xffff),
                  (unsigned)(moment.high & 0xffff), (unsigned)(moment.low >> 48),
                  (unsigned long long)(moment.low & UINT64_C(0xffffffffffff)));
    return Py_BuildValue("(iss)", moment.day, clock, id);
}

static PyObject *moments_of(const Row *row) {
    PyObject *moments = PyList_New(row->count);
    for (uint32_t each = 0; moments != NULL && each < row->count; each++) {
        PyObject *moment = moment_of(row->moments[each]);
        if (moment == NULL)
            Py_CLEAR(moments);
        else
            PyList_SET_ITEM(moments, each, moment);
    }
    return moments;
}

static PyObject *row_of(const Row *row) {
    uint32_t at = 0;
    PyObject *shared = NULL, *values = PyTuple_New(row->values);
    for (uint32_t each = 0; values != NULL && each <= row->values; each++) {
        Text name = {row->names.at + at + sizeof(uint32_t), read_size(row->names.at + at)};
        PyObject *text = text_of(name);
        at += (uint32_t)sizeof(uint32_t) + name.size;
        if (text == NULL)
            Py_CLEAR(values);
        else if (each == row->values)
            shared = text;
        else
            PyTuple_SET_ITEM(values, each, text);
    }
    if (values == NULL) return NULL;
    PyObject *moments = moments_of(row);
    if (moments != NULL) return Py_BuildValue("(IINNN)", row->family, row->context, values, shared, moments);
    Py_DECREF(values);
    Py_XDECREF(shared);
    return NULL;
}

static bool is_principal(const Core *core, unsigned long number) {
    if (PyErr_Occurred()) return false;
    const Store *store = &core->events.store;
    if (number < store->principal_count && store->principals[number].last_row != NONE) return true;
    PyErr_SetString(PyExc_ValueError, "there are no rows of this principal");
    return false;
}

static PyObject *core_rows(Core *core, PyObject *number_) {
    unsigned long number = PyLong_AsUnsignedLong(number_);
    if (!is_principal(core, number)) return NULL;
    const Store *store = &core->events.store;
    PyObject *rows = PyList_New(0);
    for (uint32_t each = store->principals[number].last_row; rows != NULL && each != NONE; each = store->row[each].next) {
        PyObject *row = row_of(&store->row[each]);
        if (row == NULL || PyList_Append(rows, row) < 0) Py_CLEAR(rows);
        Py_XDECREF(row);
    }
    return rows;
}

/* ---- columns */

static bool read_packs(PyObject *list, uint32_t count, const Text **texts) {
    Text *found = PyMem_New(Text, count + 1);
    *texts = found;
    if (found == NULL) {
        PyErr_NoMemory();
        return false;
    }
    if (!PyTuple_Check(list) || PyTuple_GET_SIZE(list) != (Py_ssize_t)count) {
        PyErr_SetString(PyExc_ValueError, "each family and context has its bytes");
        return false;
    }
    for (uint32_t each = 0; each < count; each++) {
        char *at;
        Py_ssize_t size;
        if (PyBytes_AsStringAndSize(PyTuple_GET_ITEM(list, each), &at, &size) < 0) return false;
        found[each] = (Text){(const uint8_t *)at, (uint32_t)size};
    }
    return true;
}

static bool read_ranks(PyObject *bytes, uint32_t count, const uint32_t **ranks) {
    if (!PyBytes_Check(bytes) || PyBytes_GET_SIZE(bytes) != (Py_ssize_t)(count * sizeof(uint32_t))) {
        PyErr_SetString(PyExc_ValueError, "each family and context has a rank");
        return false;
    }
    *ranks = (const uint32_t *)(const void *)PyBytes_AS_STRING(bytes);
    return true;
}

static void forget_ranks(Core *core) {
    PyMem_Free((void *)core->ranks.family_packs);
    PyMem_Free((void *)core->ranks.context_packs);
    memset(&core->ranks, 0, sizeof core->ranks);
    Py_CLEAR(core->packs);
}

static PyObject *core_rank(Core *core, PyObject *args) {
    PyObject *families, *family_packs, *contexts, *context_packs;
    Ranks *ranks = &core->ranks;
    forget_ranks(core);
    Limits limits;
    if (!PyArg_ParseTuple(args, "OOOO(IIIII)", &families, &family_packs, &contexts, &context_packs, &limits.most_children,
                          &limits.most_parts, &limits.most_hashes, &limits.most_examples, &limits.shortest))
        return NULL;
    uint32_t count = core->events.store.families.count;
    if (!PyTuple_Check(context_packs) || !limits.most_children || !limits.most_parts || !limits.most_examples || !limits.shortest) {
        PyErr_SetString(PyExc_ValueError, "contexts come in a tuple, and no limit is zero");
        return NULL;
    }
    ranks->context_count = (uint32_t)PyTuple_GET_SIZE(context_packs);
    ranks->limits = limits;
    bool done = read_ranks(families, count, &ranks->family_ranks) &&
                read_ranks(contexts, ranks->context_count, &ranks->context_ranks) &&
                read_packs(family_packs, count, &ranks->family_packs) &&
                read_packs(context_packs, ranks->context_count, &ranks->context_packs);
    for (uint32_t each = 0; done && each < core->events.store.rows.count; each++)
        if (core->events.store.row[each].context >= ranks->context_count) {
            PyErr_SetString(PyExc_ValueError, "a context has no rank");
            done = false;
        }
    core->packs = done ? PyTuple_Pack(4, families, family_packs, contexts, context_packs) : NULL;
    if (core->packs != NULL) Py_RETURN_NONE;
    forget_ranks(core);
    return NULL;
}

static PyObject *shared_map(const Columns *columns) {
    uint8_t head[5];
    uint32_t count = columns->shared_count;
    unsigned bytes = count <= 15 ? 0 : count <= 0xffff ? 2 : 4;
    size_t size = 1 + bytes;
    head[0] = bytes == 0 ? (uint8_t)(0x80 | count) : bytes == 2 ? 0xde : 0xdf;
    for (unsigned each = 1; each < size; each++) head[each] = (uint8_t)(count >> 8 * (bytes - each));
    PyObject *map = PyBytes_FromStringAndSize(NULL, (Py_ssize_t)(size + columns->shared.size));
    if (map == NULL) return NULL;
    memcpy(PyBytes_AS_STRING(map), head, size);
    if (columns->shared.size) memcpy(PyBytes_AS_STRING(map) + size, columns->shared.bytes, columns->shared.size);
    return map;
}

static PyObject *numbers_at(const uint8_t *at, uint32_t count) {
    PyObject *numbers = PyTuple_New(count);
    for (uint32_t each = 0; numbers != NULL && each < count; each++) {
        PyObject *number = PyLong_FromUnsignedLong(read_size(at + sizeof count * each));
        if (number == NULL)
            Py_CLEAR(numbers);
        else
            PyTuple_SET_ITEM(numbers, each, number);
    }
    return numbers;
}

static PyObject *sketches_of(const Columns *columns) {
    PyObject *sketches = PyDict_New();
    const uint8_t *at = columns->sketches.bytes, *end = at + columns->sketches.size;
    while (sketches != NULL && at < end) {
        uint32_t count = read_size(at + sizeof count);
        PyObject *place = PyLong_FromUnsignedLong(read_size(at)), *numbers = numbers_at(at + 2 * sizeof count, count);
        if (place == NULL || numbers == NULL || PyDict_SetItem(sketches, place, numbers) < 0) Py_CLEAR(sketches);
        Py_XDECREF(place);
        Py_XDECREF(numbers);
        at += sizeof count * (2 + (size_t)count);
    }
    return sketches;
}

static PyObject *result_of(const Columns *columns) {
    const Buffer *const each[] = {
        &columns->families, &columns->contexts, &columns->family, &columns->context, &columns->values, &columns->entries,
        &columns->has_example, &columns->examples, &columns->days, &columns->events, &columns->first, &columns->lasted, &columns->low,
        &columns->high, &columns->since,
    };
    Py_ssize_t count = sizeof each / sizeof *each;
    PyObject *result = PyTuple_New(count + 6);
    if (result == NULL) return NULL;
    for (Py_ssize_t at = 0; at < count; at++) PyTuple_SET_ITEM(result, at, bytes_of(each[at]));
    PyTuple_SET_ITEM(result, count, shared_map(columns));
    PyTuple_SET_ITEM(result, count + 1, PyLong_FromLong(columns->first_day));
    PyTuple_SET_ITEM(result, count + 2, PyLong_FromLong(columns->last_day));
    PyTuple_SET_ITEM(result, count + 3, PyLong_FromUnsignedLong(columns->total));
    PyTuple_SET_ITEM(result, count + 4, PyLong_FromUnsignedLong(columns->records));
    PyTuple_SET_ITEM(result, count + 5, sketches_of(columns));
    if (PyErr_Occurred()) Py_CLEAR(result);
    return result;
}

static PyObject *core_columns(Core *core, PyObject *number_) {
    unsigned long number = PyLong_AsUnsignedLong(number_);
    if (!is_principal(core, number)) return NULL;
    if (core->packs == NULL) {
        PyErr_SetString(PyExc_ValueError, "families have no ranks yet");
        return NULL;
    }
    Columns columns = {0};
    Outcome outcome = columns_of(&core->events.store, (uint32_t)number, &core->ranks, &columns);
    PyObject *result = NULL;
    if (outcome == NO_MEMORY)
        PyErr_NoMemory();
    else
        result = outcome == PACKED ? result_of(&columns) : Py_NewRef(Py_None);
    columns_free(&columns);
    return result;
}

/* ---- the type */

static uint64_t secret(void) {
    PyObject *text = PyBytes_FromString("the process's own");
    uint64_t seed = text == NULL ? 0 : (uint64_t)PyObject_Hash(text);
    Py_XDECREF(text);
    return seed;
}

static bool begin(Core *core) {
    if (events_begin(&core->events, secret())) return true;
    core->events.failed = true;
    PyErr_NoMemory();
    return false;
}

static PyObject *core_clear(Core *core, PyObject *Py_UNUSED(none)) {
    if (core->busy) return PyErr_Format(PyExc_RuntimeError, "a decision must not clear");
    forget_ranks(core);
    events_free(&core->events);
    core->events.failed = false;
    return begin(core) ? Py_NewRef(Py_None) : NULL;
}

static PyObject *core_new(PyTypeObject *type, PyObject *args, PyObject *kwargs) {
    PyObject *who, *what, *where;
    if (kwargs != NULL && PyDict_Size(kwargs)) return PyErr_Format(PyExc_TypeError, "Core takes no names");
    if (!PyArg_ParseTuple(args, "OOO", &who, &what, &where)) return NULL;
    Core *core = (Core *)type->tp_alloc(type, 0);
    if (core == NULL) return NULL;
    core->deciders[WHO] = Py_NewRef(who);
    core->deciders[WHAT] = Py_NewRef(what);
    core->deciders[WHERE] = Py_NewRef(where);
    core->events.decide = decide;
    core->events.decider = core;
    core->records = PyMem_New(Record, MOST_RECORDS);
    bool has_room = core->records != NULL && scanner_begin(&core->events.scanner, secret());
    if (!has_room) PyErr_NoMemory();
    if (!has_room || !begin(core)) Py_CLEAR(core);
    return (PyObject *)core;
}

static int core_traverse(Core *core, visitproc visit, void *arg) {
    Py_VISIT(Py_TYPE(core));
    for (unsigned each = 0; each < 3; each++) Py_VISIT(core->deciders[each]);
    return 0;
}

static int core_forget(Core *core) {
    for (unsigned each = 0; each < 3; each++) Py_CLEAR(core->deciders[each]);
    return 0;
}

static void core_dealloc(Core *core) {
    PyTypeObject *type = Py_TYPE(core);
    PyObject_GC_UnTrack(core);
    core_forget(core);
    forget_ranks(core);
    events_free(&core->events);
    scanner_free(&core->events.scanner);
    PyMem_Free(core->records);
    type->tp_free(core);
    Py_DECREF(type);
}

static PyObject *core_held(Core *core, void *Py_UNUSED(none)) {
    return PyLong_FromSize_t(core->events.store.arena.held);
}

static PyObject *core_row_count(Core *core, void *Py_UNUSED(none)) {
    return PyLong_FromUnsignedLong(core->events.store.rows.count);
}

static PyMethodDef methods[] = {
    {"names", (PyCFunction)core_names, METH_O, "The number of a group of names that are kept."},
    {"scan", (PyCFunction)core_scan, METH_VARARGS, "Take in the records of a list; those that are odd are given back."},
    {"note", (PyCFunction)core_note, METH_VARARGS, "Take in one event that was reduced in Python."},
    {"span", (PyCFunction)core_span, METH_O, "Take in the time of an event of which nothing else is kept."},
    {"families", (PyCFunction)core_families, METH_NOARGS, "What each family is: the number of what, and that of its shape."},
    {"shapes", (PyCFunction)core_shapes, METH_NOARGS, "The paths in the request, the response and the resources."},
    {"principals", (PyCFunction)core_principals, METH_NOARGS, "The numbers of principals with rows."},
    {"spans", (PyCFunction)core_spans, METH_NOARGS, "The days with their first and last second, and a bit for each hour that has events."},
    {"rank", (PyCFunction)core_rank, METH_VARARGS, "Say in which order families and contexts are, and their bytes."},
    {"columns", (PyCFunction)core_columns, METH_O, "The columns of a principal; None where Python must make them."},
    {"rows", (PyCFunction)core_rows, METH_O, "The rows of a principal with their moments."},
    {"clear", (PyCFunction)core_clear, METH_NOARGS, "Forget everything."},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef properties[] = {
    {"held", (getter)core_held, NULL, "How much memory texts and moments take.", NULL},
    {"row_count", (getter)core_row_count, NULL, "How many rows there are.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyType_Slot slots[] = {
    {Py_tp_doc, "Reads records and keeps rows of activity; decisions are made by the three functions that it is given."},
    {Py_tp_new, core_new},
    {Py_tp_dealloc, core_dealloc},
    {Py_tp_traverse, core_traverse},
    {Py_tp_clear, core_forget},
    {Py_tp_methods, methods},
    {Py_tp_getset, properties},
    {0, NULL},
};

static PyType_Spec spec = {
    .name = "service.core.activity._native.Core",
    .basicsize = sizeof(Core),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .slots = slots,
};

static int execute(PyObject *module) {
    if (!begin_names()) {
        PyErr_SetString(PyExc_SystemError, "the names of members have no places");
        return -1;
    }
    PyObject *type = PyType_FromModuleAndSpec(module, &spec, NULL);
    if (type == NULL) return -1;
    int result = PyModule_AddObjectRef(module, "Core", type);
    if (result == 0) result = PyModule_AddIntConstant(module, "INTERFACE", 3); /* `READS` of native_fold.py */
    Py_DECREF(type);
    return result;
}

static PyModuleDef_Slot module_slots[] = {{Py_mod_exec, execute}, {0, NULL}};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "_native",
    .m_doc = "The native core: see service/native/README.md.",
    .m_size = 0,
    .m_slots = module_slots,
};

PyMODINIT_FUNC PyInit__native(void) {
    return PyModuleDef_Init(&definition);
}
