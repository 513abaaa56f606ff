/* The rows of one principal as the columns that service/core/activity/packing.py stores, to the byte what it makes. */
#include "native.h"

#include <stdlib.h>

typedef struct {
    int32_t day;
    uint32_t events, first, last;
    uint64_t high, low;
} Entry;

typedef struct {
    const Store *store;
    const Ranks *ranks;
    Item *items;
    uint32_t count;
    Arena names; /* of collapsed rows */
    Buffer rows; /* what these stand for */
    Buffer entries, moments, keys, texts, spare, gathered, gathered_keys;
    Columns *into;
} Work;

static bool put(Buffer *buffer, const void *bytes, size_t size) {
    if (!buffer_grow(buffer, size)) return false;
    if (size) memcpy(buffer->bytes + buffer->size, bytes, size);
    buffer->size += size;
    return true;
}

static bool put_number(Buffer *buffer, uint32_t number) {
    return put(buffer, &number, sizeof number);
}

/* ---- MessagePack: https://github.com/msgpack/msgpack/blob/master/spec.md */

static size_t head_of(uint32_t size, unsigned fix, uint32_t most_fix, const uint8_t kinds[3], uint8_t into[5]) {
    if (size <= most_fix) {
        into[0] = (uint8_t)(fix | size);
        return 1;
    }
    unsigned bytes = kinds[0] && size <= 0xff ? 1 : size <= 0xffff ? 2 : 4;
    into[0] = kinds[bytes / 2];
    for (unsigned each = 0; each < bytes; each++) into[1 + each] = (uint8_t)(size >> 8 * (bytes - 1 - each));
    return 1 + bytes;
}

static size_t text_head(uint32_t size, uint8_t into[5]) {
    return head_of(size, 0xa0, 31, (const uint8_t[]){0xd9, 0xda, 0xdb}, into);
}

static size_t list_head(uint32_t size, uint8_t into[5]) {
    return head_of(size, 0x90, 15, (const uint8_t[]){0, 0xdc, 0xdd}, into);
}

static bool put_text(Buffer *buffer, Text text) {
    uint8_t head[5];
    return put(buffer, head, text_head(text.size, head)) && put(buffer, text.at, text.size);
}

static bool put_list(Buffer *buffer, uint32_t size) {
    uint8_t head[5];
    return put(buffer, head, list_head(size, head));
}

static bool put_integer(Buffer *buffer, uint32_t number) {
    uint8_t head[5];
    return put(buffer, head, head_of(number, 0, 127, (const uint8_t[]){0xcc, 0xcd, 0xce}, head));
}

/* ---- the mark of a row: CRC-32 of it in MessagePack (`Row.mark`) */

static uint32_t crc_table[8][256];

static void begin_crc(void) {
    if (crc_table[0][1]) return;
    for (uint32_t byte = 0; byte < 256; byte++) {
        uint32_t rest = byte;
        for (int bit = 0; bit < 8; bit++) rest = rest >> 1 ^ (rest & 1 ? UINT32_C(0xEDB88320) : 0);
        crc_table[0][byte] = rest;
    }
    for (uint32_t byte = 0; byte < 256; byte++)
        for (int more = 1; more < 8; more++)
            crc_table[more][byte] = crc_table[more - 1][byte] >> 8 ^ crc_table[0][crc_table[more - 1][byte] & 0xff];
}

static uint32_t crc(uint32_t rest, const uint8_t *at, size_t size) {
    for (; size >= 8; at += 8, size -= 8) {
        uint32_t low = rest ^ ((uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24);
        rest = crc_table[7][low & 0xff] ^ crc_table[6][low >> 8 & 0xff] ^ crc_table[5][low >> 16 & 0xff] ^
               crc_table[4][low >> 24] ^ crc_table[3][at[4]] ^ crc_table[2][at[5]] ^ crc_table[1][at[6]] ^
               crc_table[0][at[7]];
    }
    while (size--) rest = rest >> 8 ^ crc_table[0][(rest ^ *at++) & 0xff];
    return rest;
}

static uint32_t crc_of_text(uint32_t rest, Text text) {
    uint8_t head[5];
    return crc(crc(rest, head, text_head(text.size, head)), text.at, text.size);
}

static uint32_t mark_of(const Row *row, uint32_t after_family, Text context) {
    uint8_t head[5];
    uint32_t at = 0, rest = crc(crc(after_family, context.at, context.size), head, list_head(row->values, head));
    while (at < row->names.size) rest = crc_of_text(rest, name_at(row->names, &at));
    return ~rest;
}

static uint32_t crc_of_family(Text family) {
    return crc(crc(UINT32_MAX, (const uint8_t *)"\x94", 1), family.at, family.size);
}

/* ---- rows in their order */

static int compare_items(const void *left_, const void *right_) {
    const Item *left = left_, *right = right_;
    if (left->family_rank != right->family_rank) return left->family_rank < right->family_rank ? -1 : 1;
    if (left->context_rank != right->context_rank) return left->context_rank < right->context_rank ? -1 : 1;
    for (uint32_t at = 0; at < left->names.size && at < right->names.size;) { /* equal up to here, so in one place */
        uint32_t same = at;
        int order = compare_texts(name_at(left->names, &at), name_at(right->names, &same));
        if (order) return order;
    }
    return 0;
}

static int compare_numbers(const void *left, const void *right) {
    uint32_t a, b;
    memcpy(&a, left, sizeof a);
    memcpy(&b, right, sizeof b);
    return (a > b) - (a < b);
}

/* It was told so by a record: only those that Python read may hold such names. */
static bool is_collapsed(const Row *row) {
    uint32_t at = 0;
    for (uint32_t each = 0; row->unescaped && each < row->values; each++)
        if (ends_open(name_at(row->names, &at))) return true;
    return false;
}

static Outcome collect(Work *work, uint32_t principal) {
    const Store *store = work->store;
    for (uint32_t row = store->principals[principal].last_row; row != NONE; row = store->row[row].next) {
        if (store->row[row].odd_ids || is_collapsed(&store->row[row])) return NOT_PLAIN;
        work->count++;
    }
    if ((work->items = malloc((work->count + 1) * sizeof(Item))) == NULL) return NO_MEMORY;
    Item *item = work->items;
    for (uint32_t row = store->principals[principal].last_row; row != NONE; row = store->row[row].next, item++) {
        const Row *found = &store->row[row];
        uint32_t family = work->ranks->family_ranks[found->family], context = work->ranks->context_ranks[found->context];
        *item = (Item){family, context, row, 0, 1, false, found->unescaped, found->names};
    }
    qsort(work->items, work->count, sizeof(Item), compare_items);
    return PACKED;
}

static uint32_t family_end(const Work *work, uint32_t begin) {
    uint32_t end = begin;
    while (end < work->count && work->items[end].family_rank == work->items[begin].family_rank) end++;
    return end;
}

/* Whether there are more contexts than are kept. */
static Outcome look_for_crowds(Work *work) {
    work->spare.size = 0;
    for (uint32_t each = 0; each < work->count; each++)
        if (!put_number(&work->spare, work->items[each].context_rank)) return NO_MEMORY;
    qsort(work->spare.bytes, work->count, sizeof(uint32_t), compare_numbers);
    uint32_t contexts = 1;
    for (uint32_t each = 1; each < work->count; each++)
        contexts += compare_numbers(work->spare.bytes + 4 * each, work->spare.bytes + 4 * (each - 1)) != 0;
    return contexts > work->ranks->limits.most_children ? NOT_PLAIN : PACKED;
}

/* Rows that have one name now become one item. */
static bool take_together(Work *work) {
    uint32_t kept = 0;
    qsort(work->items, work->count, sizeof(Item), compare_items);
    for (uint32_t begin = 0, end; begin < work->count; begin = end) {
        Item item = work->items[begin];
        item.first = (uint32_t)(work->rows.size / sizeof(uint32_t));
        for (end = begin; end < work->count && compare_items(&work->items[begin], &work->items[end]) == 0; end++) {
            item.unescaped |= work->items[end].unescaped;
            if (!put_number(&work->rows, work->items[end].row)) return false;
        }
        item.rows = end - begin;
        work->items[kept++] = item;
    }
    work->count = kept;
    return true;
}

static bool collapse_families(Work *work) {
    const Limits *limits = &work->ranks->limits;
    bool any = false;
    for (uint32_t begin = 0, end; begin < work->count; begin = end) {
        end = family_end(work, begin);
        if (end - begin <= limits->most_children) continue;
        uint32_t width = work->store->row[work->items[begin].row].values;
        if (!collapse(work->items + begin, end - begin, width, limits, &work->names)) return false;
        any = true;
    }
    return !any || take_together(work);
}

static uint32_t row_of(const Work *work, const Item *item, uint32_t each) {
    return item->rows == 1 ? item->row : read_size(work->rows.bytes + sizeof(uint32_t) * (item->first + (size_t)each));
}

/* ---- entries and keys */

static int compare_keys(const void *left, const void *right) {
    uint64_t a, b;
    memcpy(&a, left, sizeof a);
    memcpy(&b, right, sizeof b);
    return (a > b) - (a < b);
}

enum { FEW = 12 };

static void sort_keys(uint64_t *keys, uint32_t count) {
    if (count > FEW) {
        qsort(keys, count, sizeof *keys, compare_keys);
        return;
    }
    for (uint32_t each = 1; each < count; each++) {
        uint64_t key = keys[each];
        uint32_t at = each;
        for (; at > 0 && keys[at - 1] > key; at--) keys[at] = keys[at - 1];
        keys[at] = key;
    }
}

static void sort_moments(Moment *moments, uint32_t count) {
    if (count > FEW) {
        qsort(moments, count, sizeof *moments, compare_moments);
        return;
    }
    for (uint32_t each = 1; each < count; each++) {
        Moment moment = moments[each];
        uint32_t at = each;
        for (; at > 0 && compare_moments(&moments[at - 1], &moment) > 0; at--) moments[at] = moments[at - 1];
        moments[at] = moment;
    }
}

/* Appends the keys of moments of one day. */
static bool make_keys(Buffer *into, const Moment *moments, uint32_t count, uint32_t mark) {
    if (!buffer_grow(into, count * sizeof(uint64_t))) return false;
    uint64_t *keys = (uint64_t *)(void *)(into->bytes + into->size);
    for (uint32_t each = 0; each < count; each++) {
        uint64_t high = moments[each].high, low = moments[each].low;
        uint64_t id = (high >> 24) ^ (high & 0xffffff) << 16 ^ (low >> 40) ^ (low & UINT64_C(0xffffffffff));
        keys[each] = (uint64_t)moments[each].second << 40 | (id ^ mark);
    }
    into->size += count * sizeof(uint64_t);
    return true;
}

/* An entry with its keys, which are those in `keys`. */
static bool put_entry(Work *work, const Entry *entry) {
    Columns *into = work->into;
    uint64_t *keys = (uint64_t *)(void *)work->keys.bytes;
    uint32_t before = entry->first;
    sort_keys(keys, entry->events);
    for (uint32_t each = 0; each < entry->events; each++) {
        uint32_t second = (uint32_t)(keys[each] >> 40);
        uint8_t high = (uint8_t)(keys[each] >> 32);
        if (!put_number(&into->low, (uint32_t)keys[each]) || !put(&into->high, &high, 1) ||
            !put_number(&into->since, second - before))
            return false;
        before = second;
    }
    into->total += entry->events;
    return put(&work->entries, entry, sizeof *entry);
}

/* The row's moments, each once, in their order. */
static const Moment *moments_of(Work *work, const Row *row, uint32_t *count) {
    *count = row->count;
    if (row->count == 1) return row->moments;
    work->moments.size = 0;
    if (!put(&work->moments, row->moments, row->count * sizeof(Moment))) return NULL;
    Moment *moments = (Moment *)(void *)work->moments.bytes;
    sort_moments(moments, row->count);
    uint32_t kept = 1;
    for (uint32_t each = 1; each < row->count; each++)
        if (compare_moments(&moments[kept - 1], &moments[each]) != 0) moments[kept++] = moments[each];
    *count = kept;
    return moments;
}

/* The moments of the first day from `begin` on, as an entry. */
static Entry entry_at(const Moment *moments, uint32_t begin, uint32_t count) {
    uint32_t end = begin + 1;
    while (end < count && moments[end].day == moments[begin].day) end++;
    const Moment *first = &moments[begin];
    return (Entry){first->day, end - begin, first->second, moments[end - 1].second, first->high, first->low};
}

static bool put_entries(Work *work, const Row *row, uint32_t mark) {
    uint32_t count, entries = 0;
    const Moment *moments = moments_of(work, row, &count);
    if (moments == NULL) return false;
    for (uint32_t begin = 0; begin < count; entries++) {
        Entry entry = entry_at(moments, begin, count);
        work->keys.size = 0;
        if (!make_keys(&work->keys, moments + begin, entry.events, mark) || !put_entry(work, &entry)) return false;
        begin += entry.events;
    }
    return put_number(&work->into->entries, entries);
}

/* ---- entries of a collapsed row: `added` of service/core/activity/segment.py */

typedef struct {
    Entry entry;
    uint32_t first_key;
} Gathered;

static int compare_gathered(const void *left_, const void *right_) {
    const Gathered *left = left_, *right = right_;
    if (left->entry.day != right->entry.day) return left->entry.day < right->entry.day ? -1 : 1;
    return (left->first_key > right->first_key) - (left->first_key < right->first_key);
}

static bool gather(Work *work, const Row *row, uint32_t mark) {
    uint32_t count;
    const Moment *moments = moments_of(work, row, &count);
    if (moments == NULL) return false;
    for (uint32_t begin = 0; begin < count;) {
        Gathered found = {entry_at(moments, begin, count), (uint32_t)(work->gathered_keys.size / sizeof(uint64_t))};
        if (!put(&work->gathered, &found, sizeof found) || !make_keys(&work->gathered_keys, moments + begin, found.entry.events, mark))
            return false;
        begin += found.entry.events;
    }
    return true;
}

static void add_entry(Entry *to, const Entry *entry) {
    bool earlier = entry->first < to->first ||
                   (entry->first == to->first && (entry->high < to->high || (entry->high == to->high && entry->low < to->low)));
    to->events += entry->events;
    if (entry->last > to->last) to->last = entry->last;
    if (!earlier) return;
    to->first = entry->first;
    to->high = entry->high;
    to->low = entry->low;
}

static bool put_gathered(Work *work) {
    Gathered *all = (Gathered *)(void *)work->gathered.bytes;
    uint32_t count = (uint32_t)(work->gathered.size / sizeof *all), entries = 0;
    qsort(all, count, sizeof *all, compare_gathered);
    for (uint32_t begin = 0, end; begin < count; begin = end, entries++) {
        Entry entry = all[begin].entry;
        work->keys.size = 0;
        for (end = begin; end < count && all[end].entry.day == all[begin].entry.day; end++) {
            if (end > begin) add_entry(&entry, &all[end].entry);
            const uint8_t *keys = work->gathered_keys.bytes + sizeof(uint64_t) * (size_t)all[end].first_key;
            if (!put(&work->keys, keys, all[end].entry.events * sizeof(uint64_t))) return false;
        }
        if (!put_entry(work, &entry)) return false;
    }
    return put_number(&work->into->entries, entries);
}

static bool put_collapsed(Work *work, const Item *item, uint32_t after_family) {
    work->gathered.size = work->gathered_keys.size = 0;
    for (uint32_t each = 0; each < item->rows; each++) {
        const Row *row = &work->store->row[row_of(work, item, each)];
        if (!gather(work, row, mark_of(row, after_family, work->ranks->context_packs[row->context]))) return false;
    }
    return put_gathered(work);
}

/* The smallest hashes of the calls that it stands for: `_hash` of service/core/activity/collapse.py. */
static bool put_sketch(Work *work, const Item *item, uint32_t place) {
    Buffer *hashes = &work->spare, *into = &work->into->sketches;
    hashes->size = 0;
    for (uint32_t each = 0; each < item->rows; each++) {
        const Row *row = &work->store->row[row_of(work, item, each)];
        uint32_t at = 0, hash = UINT32_MAX;
        for (uint32_t value = 0; value < row->values; value++) {
            Text name = name_at(row->names, &at);
            if (value) hash = crc(hash, (const uint8_t *)"", 1);
            hash = crc(hash, name.at, name.size);
        }
        if (!put_number(hashes, ~hash)) return false;
    }
    uint32_t *found = (uint32_t *)(void *)hashes->bytes, kept = 0;
    qsort(found, item->rows, sizeof *found, compare_numbers);
    for (uint32_t each = 0; each < item->rows && kept < work->ranks->limits.most_hashes; each++)
        if (kept == 0 || found[each] != found[kept - 1]) found[kept++] = found[each];
    return put_number(into, place) && put_number(into, kept) && put(into, found, kept * sizeof *found);
}

static bool put_rows(Work *work) {
    const Ranks *ranks = work->ranks;
    uint32_t family = NONE, after_family = 0;
    for (uint32_t each = 0; each < work->count; each++) {
        const Item *item = &work->items[each];
        const Row *row = &work->store->row[item->row];
        if (row->family != family) after_family = crc_of_family(ranks->family_packs[row->family]);
        family = row->family;
        if (item->is_open && !put_sketch(work, item, each)) return false;
        if (item->rows == 1 ? !put_entries(work, row, mark_of(row, after_family, ranks->context_packs[row->context]))
                            : !put_collapsed(work, item, after_family))
            return false;
    }
    return true;
}

/* ---- examples: `thinned` of service/core/activity/examples.py */

typedef struct {
    int32_t day;
    uint32_t first, entry;
} First;

static int compare_firsts(const void *left_, const void *right_) {
    const First *left = left_, *right = right_;
    if (left->day != right->day) return left->day < right->day ? -1 : 1;
    return (left->first > right->first) - (left->first < right->first);
}

/* Of one family: entries later than the first few of their day lose their example. */
static bool thin(Work *work, uint32_t begin, uint32_t end, uint32_t most) {
    Entry *entries = (Entry *)(void *)work->entries.bytes;
    uint32_t count = end - begin;
    if (count <= most) return true;
    work->spare.size = 0;
    for (uint32_t each = begin; each < end; each++) {
        First first = {entries[each].day, entries[each].first, each};
        if (!put(&work->spare, &first, sizeof first)) return false;
    }
    First *firsts = (First *)(void *)work->spare.bytes;
    qsort(firsts, count, sizeof *firsts, compare_firsts);
    for (uint32_t day = 0, after; day < count; day = after) {
        for (after = day; after < count && firsts[after].day == firsts[day].day;) after++;
        for (uint32_t each = day + most; each < after; each++) {
            if (firsts[each].first <= firsts[day + most - 1].first) continue;
            Entry *entry = &entries[firsts[each].entry];
            entry->high = entry->low = 0;
        }
    }
    return true;
}

static bool put_examples(Work *work) {
    uint32_t entry = 0;
    for (uint32_t begin = 0, end; begin < work->count; begin = end) {
        uint32_t first = entry, most = work->ranks->limits.most_examples;
        end = family_end(work, begin);
        for (uint32_t each = begin; each < end; each++) {
            entry += read_size(work->into->entries.bytes + 4 * each);
            if (work->items[each].is_open) most = 1;
        }
        if (!thin(work, first, entry, most)) return false;
    }
    return true;
}

static void put_id(uint8_t *into, uint64_t half) {
    for (int each = 0; each < 8; each++) into[each] = (uint8_t)(half >> (56 - 8 * each));
}

static bool put_entry_columns(Work *work) {
    Columns *into = work->into;
    const Entry *entries = (const Entry *)(const void *)work->entries.bytes;
    uint32_t count = (uint32_t)(work->entries.size / sizeof(Entry));
    into->first_day = entries[0].day;
    into->last_day = entries[0].day;
    for (uint32_t each = 0; each < count; each++) {
        const Entry *entry = &entries[each];
        uint8_t id[16];
        uint8_t has_example = (entry->high | entry->low) != 0;
        put_id(id, entry->high);
        put_id(id + 8, entry->low);
        if (entry->day < into->first_day) into->first_day = entry->day;
        if (entry->day > into->last_day) into->last_day = entry->day;
        if (!put_number(&into->days, (uint32_t)entry->day) || !put_number(&into->events, entry->events) ||
            !put_number(&into->first, entry->first) || !put_number(&into->lasted, entry->last - entry->first) ||
            !put(&into->has_example, &has_example, 1) || !put(&into->examples, id, has_example ? sizeof id : 0))
            return false;
    }
    return true;
}

/* ---- values: `abridged` of service/core/activity/abridging.py */

enum { MOST_LETTERS = 24 };

static bool has_letter(Text text) {
    for (uint32_t at = 0; at < text.size; at++)
        if (text.at[at] <= MOST_LETTERS) return true; /* 0 says that nothing was left out */
    return false;
}

static bool is_short(Text text, uint32_t shortest) {
    if (text.size >= 4 * shortest) return false;
    uint32_t characters = 0;
    for (uint32_t at = 0; at < text.size; at++) characters += (text.at[at] & 0xc0) != 0x80;
    return characters < shortest;
}

/* Appends `text` to `into` with a letter in the place of `other`. */
static bool put_replaced(Buffer *into, Text text, Text other, uint8_t letter) {
    const uint8_t *at = text.at, *end = at + text.size;
    while ((size_t)(end - at) >= other.size) {
        const uint8_t *hit = memchr(at, other.at[0], (size_t)(end - at) - other.size + 1);
        if (hit == NULL) break;
        if (memcmp(hit, other.at, other.size) != 0) {
            if (!put(into, at, (size_t)(hit + 1 - at))) return false;
            at = hit + 1;
        } else {
            if (!put(into, at, (size_t)(hit - at)) || !put(into, &letter, 1)) return false;
            at = hit + other.size;
        }
    }
    return put(into, at, (size_t)(end - at));
}

/* Letter after letter; `texts` are the row's values. The result holds until the next call. */
static bool abridge(Work *work, const Text *texts, uint32_t place, Text *result) {
    Buffer *from = &work->spare, *into = &work->keys;
    *result = texts[place];
    for (uint32_t each = 0; each < place && each < MOST_LETTERS; each++) {
        if (texts[each].size > result->size || is_short(texts[each], work->ranks->limits.shortest)) continue;
        into->size = 0;
        if (!put_replaced(into, *result, texts[each], (uint8_t)(each + 1))) return false;
        if (into->size == result->size) continue;
        *result = (Text){into->bytes, (uint32_t)into->size};
        Buffer *other = from;
        from = into;
        into = other;
    }
    return true;
}

/* A column whose texts are all the same has one. The first is in `texts` of `work`, and the others are not until they differ. */
static bool put_column(Work *work, const Text *texts, uint32_t rows, uint32_t width, uint32_t place, bool is_plain) {
    Buffer *column = &work->texts;
    uint32_t count = 0;
    column->size = 0;
    for (uint32_t row = 0; row < rows; row++) {
        Text text = texts[row * width + place];
        if (!is_plain && !abridge(work, texts + row * width, place, &text)) return false;
        if (count == 1) {
            uint8_t head[5];
            size_t size = text_head(text.size, head);
            bool same = column->size == size + text.size && memcmp(column->bytes, head, size) == 0 &&
                        (text.size == 0 || memcmp(column->bytes + size, text.at, text.size) == 0);
            if (same) continue;
            size_t first = column->size;
            for (; count < row; count++) {
                if (!buffer_grow(column, first)) return false;
                memcpy(column->bytes + column->size, column->bytes, first);
                column->size += first;
            }
        }
        if (!put_text(column, text)) return false;
        count++;
    }
    return put_list(&work->into->values, count) && put(&work->into->values, column->bytes, column->size);
}

static bool put_family_values(Work *work, uint32_t begin, uint32_t end, Buffer *texts) {
    uint32_t width = work->store->row[work->items[begin].row].values;
    bool is_plain = false;
    texts->size = 0;
    for (uint32_t each = begin; each < end; each++) {
        Text names = work->items[each].names;
        bool may_hold_letters = work->items[each].unescaped;
        uint32_t at = 0;
        for (uint32_t value = 0; value < width; value++) {
            Text name = name_at(names, &at);
            if (!put(texts, &name, sizeof name)) return false;
            if (may_hold_letters && has_letter(name)) is_plain = true;
        }
    }
    Buffer *values = &work->into->values;
    if (!put_list(values, width + is_plain)) return false;
    if (is_plain && !(put_list(values, 1) && put_text(values, (Text){(const uint8_t *)"", 1}))) return false;
    for (uint32_t place = 0; place < width; place++)
        if (!put_column(work, (const Text *)(const void *)texts->bytes, end - begin, width, place, is_plain)) return false;
    return true;
}

static bool put_values(Work *work) {
    Buffer texts = {0};
    uint32_t families = (uint32_t)(work->into->families.size / sizeof(uint32_t));
    bool done = put_list(&work->into->values, families);
    for (uint32_t begin = 0, end; done && begin < work->count; begin = end) {
        end = family_end(work, begin);
        done = put_family_values(work, begin, end, &texts);
    }
    buffer_free(&texts);
    return done;
}

/* ---- what is said of each row */

static bool put_shared(Work *work, uint32_t place, Text names) {
    uint32_t at = 0;
    Text name = {NULL, 0};
    while (at < names.size) name = name_at(names, &at);
    if (name.size == 0) return true;
    work->into->shared_count++;
    return put_integer(&work->into->shared, place) && put_text(&work->into->shared, name);
}

static bool put_row_columns(Work *work, uint32_t *places) {
    Columns *into = work->into;
    uint32_t families = 0, contexts = 0, family = NONE;
    for (uint32_t each = 0; each < work->count; each++) {
        const Row *row = &work->store->row[work->items[each].row];
        if (row->family != family) {
            families++;
            if (!put_number(&into->families, row->family)) return false;
        }
        family = row->family;
        if (places[row->context] == NONE) {
            places[row->context] = contexts++;
            if (!put_number(&into->contexts, row->context)) return false;
        }
        if (!put_number(&into->family, families - 1) || !put_number(&into->context, places[row->context]) ||
            !put_shared(work, each, work->items[each].names))
            return false;
    }
    return true;
}

static bool put_all(Work *work, uint32_t context_count) {
    uint32_t *places = malloc((context_count + 1) * sizeof *places);
    if (places == NULL) return false;
    memset(places, 0xff, (context_count + 1) * sizeof *places);
    bool done = put_row_columns(work, places) && put_rows(work) && put_examples(work) && put_entry_columns(work) &&
                put_values(work);
    free(places);
    return done;
}

Outcome columns_of(const Store *store, uint32_t principal, const Ranks *ranks, Columns *into) {
    Work work = {.store = store, .ranks = ranks, .into = into};
    begin_crc();
    Outcome outcome = collect(&work, principal);
    if (outcome == PACKED) outcome = look_for_crowds(&work);
    if (outcome == PACKED && !collapse_families(&work)) outcome = NO_MEMORY;
    if (outcome == PACKED && !put_all(&work, ranks->context_count)) outcome = NO_MEMORY;
    into->records = store->principals[principal].records;
    free(work.items);
    buffer_free(&work.entries);
    buffer_free(&work.moments);
    buffer_free(&work.keys);
    buffer_free(&work.texts);
    buffer_free(&work.spare);
    buffer_free(&work.rows);
    buffer_free(&work.gathered);
    buffer_free(&work.gathered_keys);
    arena_clear(&work.names);
    return outcome;
}

void columns_free(Columns *columns) {
    Buffer *const all[] = {
        &columns->families, &columns->contexts, &columns->family, &columns->context, &columns->entries,
        &columns->values, &columns->shared, &columns->days, &columns->events, &columns->first, &columns->lasted,
        &columns->has_example, &columns->examples, &columns->low, &columns->high, &columns->since, &columns->sketches,
    };
    for (size_t each = 0; each < sizeof all / sizeof *all; each++) buffer_free(all[each]);
}
