/* Rows with their moments: what service/core/activity/fold.py keeps, less the text that rows have in common. */
#include "native.h"

#include <stdlib.h>

bool store_begin(Store *store, uint64_t seed) {
    memset(store, 0, sizeof *store);
    Arena *arena = &store->arena;
    return numbered_begin(&store->paths, arena, seed) && numbered_begin(&store->shapes, arena, seed) &&
           numbered_begin(&store->families, arena, seed) && numbered_begin(&store->rows, arena, seed) &&
           numbered_begin(&store->days, arena, seed);
}

void store_free(Store *store) {
    numbered_free(&store->paths);
    numbered_free(&store->shapes);
    numbered_free(&store->families);
    numbered_free(&store->rows);
    numbered_free(&store->days);
    free(store->row);
    free(store->principals);
    free(store->spans);
    buffer_free(&store->scratch);
    buffer_free(&store->pending);
    buffer_free(&store->parts);
    arena_clear(&store->arena);
    memset(store, 0, sizeof *store);
}

/* The array with room for one more behind `count`. */
static bool room_for(void **array, uint32_t *room, uint32_t count, size_t each) {
    if (count < *room) return true;
    uint32_t more = *room ? 2 * *room : 64;
    void *grown = more > *room ? realloc(*array, more * each) : NULL;
    if (grown == NULL) return false;
    *array = grown;
    *room = more;
    return true;
}

/* ---- days */

bool store_span(Store *store, int32_t day, uint32_t second) {
    if (day == NO_DAY) return true;
    uint32_t at = store->last_span;
    if (at >= store->days.count || store->spans[at].day != day) {
        bool is_new;
        if (!room_for((void **)&store->spans, &store->span_room, store->days.count, sizeof(Span))) return false;
        if ((at = numbered_put(&store->days, &(Text){(const uint8_t *)&day, sizeof day}, 1, &is_new)) == NONE) return false;
        if (is_new) store->spans[at] = (Span){day, second, second, 0};
        store->last_span = at;
    }
    Span *span = &store->spans[at];
    if (second < span->first) span->first = second;
    if (second > span->last) span->last = second;
    span->hours |= 1u << second / 3600;
    return true;
}

/* ---- rows */

static Text text_of(const void *at, size_t size) {
    return (Text){at, (uint32_t)size};
}

/* The paths of the three groups, each behind their number. */
static uint32_t shape_of(Store *store, const Reduction *named) {
    Buffer *key = &store->scratch;
    bool is_new;
    key->size = 0;
    if (!buffer_grow(key, (named->count + GROUPS) * sizeof(uint32_t))) return NONE;
    uint32_t *numbers = (uint32_t *)(void *)key->bytes, at = 0, count = 0;
    for (unsigned group = 0; group < GROUPS; group++) {
        numbers[count++] = named->ends[group] - at;
        for (; at < named->ends[group]; at++) numbers[count++] = named->found[at].path;
    }
    return numbered_put(&store->shapes, &(Text){key->bytes, count * (uint32_t)sizeof(uint32_t)}, 1, &is_new);
}

uint32_t store_family(Store *store, uint32_t common, const Reduction *named) {
    uint32_t key[] = {common, shape_of(store, named)};
    bool is_new;
    return key[1] == NONE ? NONE : numbered_put(&store->families, &(Text){(const uint8_t *)key, sizeof key}, 1, &is_new);
}

static bool has_control(Text text) {
    for (uint32_t at = 0; at < text.size; at++)
        if (text.at[at] < ' ') return true;
    return false;
}

static bool begin_row(Store *store, uint32_t number, const Pending *of) {
    if (!room_for((void **)&store->row, &store->row_room, number, sizeof(Row))) return false;
    while (of->ids[0] >= store->principal_count) {
        uint32_t count = store->principal_count;
        if (!room_for((void **)&store->principals, &store->principal_room, count, sizeof(Principal))) return false;
        store->principals[store->principal_count++] = (Principal){NONE, 0};
    }
    Text key = store->rows.keys[number];
    Principal *principal = &store->principals[of->ids[0]];
    store->row[number] = (Row){
        .principal = of->ids[0],
        .family = of->ids[1],
        .context = of->ids[2],
        .next = principal->last_row,
        .names = {key.at + 4 * sizeof(uint32_t), key.size - 4 * (uint32_t)sizeof(uint32_t)},
        .values = of->values,
        .unescaped = of->unescaped,
    };
    principal->last_row = number;
    return true;
}

static bool note(Store *store, uint32_t number, Moment moment) {
    Row *row = &store->row[number];
    if (row->count == row->room) {
        uint32_t room = row->room ? 2 * row->room : 1;
        Moment *moments = arena_take(&store->arena, room * sizeof(Moment));
        if (moments == NULL) return false;
        if (row->count) memcpy(moments, row->moments, row->count * sizeof(Moment));
        row->moments = moments;
        row->room = room;
    }
    row->moments[row->count++] = moment;
    if (moment.second & ODD_ID) row->odd_ids = true;
    store->principals[row->principal].records++;
    return true;
}

/* ---- events, many at once: each waits for memory several times, and together they wait once */

bool store_later(Store *store, const uint32_t ids[3], const Reduction *named, Text denied, Text shared_id, Moment moment) {
    uint32_t count = named->count + 3;
    if (!buffer_grow(&store->parts, count * sizeof(Text)) || !buffer_grow(&store->pending, sizeof(Pending))) return false;
    Text *parts = (Text *)(void *)(store->parts.bytes + store->parts.size);
    Pending *pending = (Pending *)(void *)(store->pending.bytes + store->pending.size);
    *pending = (Pending){
        .moment = moment,
        .ids = {ids[0], ids[1], ids[2]},
        .first_part = (uint32_t)(store->parts.size / sizeof(Text)),
        .values = named->count + 1,
        .unescaped = named->unescaped || has_control(denied),
    };
    parts[0] = text_of(pending->ids, sizeof pending->ids);
    for (uint32_t each = 0; each < named->count; each++) parts[each + 1] = named->found[each].text;
    parts[count - 2] = denied;
    parts[count - 1] = shared_id;
    pending->hash = numbered_hash(&store->rows, parts, count);
    store->parts.size += count * sizeof(Text);
    store->pending.size += sizeof(Pending);
    return true;
}

static void fetch_rows(const Store *store, const Pending *pending, size_t count) {
    for (size_t each = 0; each < count; each++) {
        uint32_t row = numbered_likely(&store->rows, pending[each].hash);
        if (row == NONE) continue;
        PREFETCH(&store->rows.keys[row]);
        PREFETCH(&store->row[row]);
    }
    for (size_t each = 0; each < count; each++) {
        uint32_t row = numbered_likely(&store->rows, pending[each].hash);
        if (row == NONE) continue;
        PREFETCH(store->rows.keys[row].at);
        PREFETCH(store->row[row].moments + store->row[row].count);
    }
}

static bool put_pending(Store *store, Pending *pending) {
    Text *parts = (Text *)(void *)store->parts.bytes + pending->first_part;
    bool is_new;
    parts[0].at = (const uint8_t *)pending->ids; /* they may have moved */
    uint32_t row = numbered_put_hashed(&store->rows, parts, pending->values + 2, pending->hash, &is_new);
    if (row == NONE || (is_new && !begin_row(store, row, pending))) return false;
    uint32_t second = pending->moment.second & ~(uint32_t)ODD_ID;
    return note(store, row, pending->moment) && store_span(store, pending->moment.day, second);
}

bool store_pending(Store *store) {
    Pending *pending = (Pending *)(void *)store->pending.bytes;
    size_t count = store->pending.size / sizeof(Pending);
    bool done = true;
    fetch_rows(store, pending, count);
    for (size_t each = 0; done && each < count; each++) done = put_pending(store, &pending[each]);
    store->pending.size = store->parts.size = 0;
    return done;
}

/* ---- order */

int compare_texts(Text left, Text right) {
    uint32_t size = left.size < right.size ? left.size : right.size;
    int order = size ? memcmp(left.at, right.at, size) : 0;
    return order ? order : (left.size > right.size) - (left.size < right.size);
}

int compare_moments(const void *left_, const void *right_) {
    const Moment *left = left_, *right = right_;
    if (left->day != right->day) return left->day < right->day ? -1 : 1;
    if (left->second != right->second) return left->second < right->second ? -1 : 1;
    if (left->high != right->high) return left->high < right->high ? -1 : 1;
    return (left->low > right->low) - (left->low < right->low);
}
