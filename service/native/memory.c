/* Memory that is let go all at once, buffers that grow, and byte strings by number. */
#include "native.h"

#include <stdlib.h>

struct Chunk {
    Chunk *before;
};

enum { CHUNK = 1 << 20, HEADER = 16, FIRST_ROOM = 64 };

void *arena_take(Arena *arena, size_t size) {
    size = size ? (size + 7) & ~(size_t)7 : 8;
    if (size > arena->left) {
        size_t room = size > CHUNK / 4 ? size : CHUNK - HEADER;
        Chunk *chunk = malloc(HEADER + room);
        if (chunk == NULL) return NULL;
        chunk->before = arena->chunks;
        arena->chunks = chunk;
        arena->held += HEADER + room;
        if (room == size) return (uint8_t *)chunk + HEADER; /* what is left of the chunk before stays in use */
        arena->free = (uint8_t *)chunk + HEADER;
        arena->left = room;
    }
    void *taken = arena->free;
    arena->free += size;
    arena->left -= size;
    return taken;
}

void arena_clear(Arena *arena) {
    while (arena->chunks != NULL) {
        Chunk *before = arena->chunks->before;
        free(arena->chunks);
        arena->chunks = before;
    }
    memset(arena, 0, sizeof *arena);
}

bool buffer_grow(Buffer *buffer, size_t size) {
    if (buffer->room - buffer->size >= size) return true;
    size_t room = buffer->room ? buffer->room : 256;
    while (room - buffer->size < size) {
        if (room > SIZE_MAX / 2) {
            buffer->failed = true;
            return false;
        }
        room *= 2;
    }
    uint8_t *bytes = realloc(buffer->bytes, room);
    if (bytes == NULL) {
        buffer->failed = true;
        return false;
    }
    buffer->bytes = bytes;
    buffer->room = room;
    return true;
}

void buffer_free(Buffer *buffer) {
    free(buffer->bytes);
    memset(buffer, 0, sizeof *buffer);
}

/* ---- keyed by a secret of the process, so that nobody can make keys that meet in one slot */

static inline uint64_t mixed(uint64_t left, uint64_t right) {
#ifdef __SIZEOF_INT128__
    unsigned __int128 product = (unsigned __int128)left * right;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
#else
    uint64_t sum = (left ^ (right << 29 | right >> 35)) * UINT64_C(0x9E3779B97F4A7C15);
    return sum ^ sum >> 32;
#endif
}

static inline uint64_t eight(const uint8_t *at) {
    uint64_t value;
    memcpy(&value, at, 8);
    return value;
}

static inline uint64_t four(const uint8_t *at) {
    uint32_t value;
    memcpy(&value, at, 4);
    return value;
}

/* Fewer than 16 bytes as two numbers, by reading some of them twice. */
static inline uint64_t few(const uint8_t *at, size_t size, uint64_t state) {
    if (size >= 8) return mixed(eight(at) ^ UINT64_C(0xA0761D6478BD642F), eight(at + size - 8) ^ state);
    if (size >= 4) return mixed(four(at) ^ UINT64_C(0xA0761D6478BD642F), four(at + size - 4) ^ state);
    uint64_t value = size ? (uint64_t)at[0] << 16 | (uint64_t)at[size / 2] << 8 | at[size - 1] : 0;
    return mixed(value ^ UINT64_C(0xA0761D6478BD642F), state);
}

/* Of each part by itself, so that the processor need not wait for the part before. */
static inline uint64_t hashed(const Text *parts, unsigned count, uint64_t seed) {
    uint64_t all = seed;
    for (unsigned part = 0; part < count; part++) {
        const uint8_t *at = parts[part].at;
        size_t size = parts[part].size;
        uint64_t state = (seed ^ size) + (part + 1) * UINT64_C(0x9E3779B97F4A7C15);
        for (; size > 16; at += 16, size -= 16) state = mixed(eight(at) ^ UINT64_C(0xD6E8FEB86659FD93), eight(at + 8) ^ state);
        all += few(at, size, state);
    }
    return mixed(all ^ seed, UINT64_C(0xE7037ED1A0B428DB));
}

uint64_t hash_of(const uint8_t *at, size_t size, uint64_t seed) {
    uint64_t all = seed;
    for (size_t place = 0; place + 16 <= size; place += 16)
        all += mixed(eight(at + place) ^ (seed + place), eight(at + place + 8) ^ (seed - place) * UINT64_C(0x9E3779B97F4A7C15));
    return mixed(all ^ seed, UINT64_C(0xE7037ED1A0B428DB));
}

static inline bool same(const uint8_t *left, const uint8_t *right, size_t size) {
    if (size < 8) {
        if (size >= 4) return four(left) == four(right) && four(left + size - 4) == four(right + size - 4);
        for (size_t at = 0; at < size; at++)
            if (left[at] != right[at]) return false;
        return true;
    }
    if (size > 32) return memcmp(left, right, size) == 0;
    if (size > 16 && (eight(left + 8) ^ eight(right + 8)) | (eight(left + size - 16) ^ eight(right + size - 16))) return false;
    return ((eight(left) ^ eight(right)) | (eight(left + size - 8) ^ eight(right + size - 8))) == 0;
}

/* A key is kept as its parts, each behind its size. */
static inline bool is_key(Text key, const Text *parts, unsigned count) {
    const uint8_t *at = key.at, *end = key.at + key.size;
    for (unsigned part = 0; part < count; part++) {
        if (at >= end || four(at) != parts[part].size || !same(at + 4, parts[part].at, parts[part].size)) return false;
        at += 4 + parts[part].size;
    }
    return at == end;
}

static uint8_t *kept(Arena *arena, const Text *parts, unsigned count, uint32_t *size) {
    uint64_t all = 0;
    for (unsigned part = 0; part < count; part++) all += 4 + (uint64_t)parts[part].size;
    uint8_t *key = all < UINT32_MAX ? arena_take(arena, all) : NULL, *at = key;
    for (unsigned part = 0; key != NULL && part < count; part++) {
        memcpy(at, &parts[part].size, 4);
        if (parts[part].size) memcpy(at + 4, parts[part].at, parts[part].size);
        at += 4 + parts[part].size;
    }
    *size = (uint32_t)all;
    return key;
}

bool numbered_begin(Numbered *table, Arena *arena, uint64_t seed) {
    memset(table, 0, sizeof *table);
    table->arena = arena;
    table->seed = seed;
    table->mask = 2 * FIRST_ROOM - 1;
    table->room = FIRST_ROOM;
    table->slots = calloc(table->mask + 1, sizeof(Slot));
    table->keys = malloc(table->room * sizeof(Text));
    return table->slots != NULL && table->keys != NULL;
}

void numbered_free(Numbered *table) {
    free(table->slots);
    free(table->keys);
    memset(table, 0, sizeof *table);
}

static inline uint32_t slot_of(const Numbered *table, const Text *parts, unsigned count, uint64_t hash) {
    for (uint32_t at = (uint32_t)(hash >> 20) & table->mask;; at = (at + 1) & table->mask) {
        const Slot *slot = &table->slots[at];
        if (slot->number == 0 || (slot->hash == hash && is_key(table->keys[slot->number - 1], parts, count))) return at;
    }
}

uint32_t numbered_find(const Numbered *table, const Text *parts, unsigned count) {
    return table->slots[slot_of(table, parts, count, hashed(parts, count, table->seed))].number - 1; /* NONE of 0 */
}

Text numbered_text(const Numbered *table, uint32_t number) {
    Text key = table->keys[number];
    return (Text){key.at + 4, key.size - 4};
}

static bool grown(Numbered *table) {
    if (table->room >= UINT32_C(1) << 28) return false;
    uint32_t room = 2 * table->room, mask = 2 * room - 1;
    Text *keys = realloc(table->keys, room * sizeof(Text));
    if (keys == NULL) return false;
    table->keys = keys;
    Slot *slots = calloc((size_t)mask + 1, sizeof(Slot));
    if (slots == NULL) return false;
    for (uint32_t at = 0; at <= table->mask; at++) {
        if (table->slots[at].number == 0) continue;
        uint32_t to = (uint32_t)(table->slots[at].hash >> 20) & mask;
        while (slots[to].number) to = (to + 1) & mask;
        slots[to] = table->slots[at];
    }
    free(table->slots);
    table->slots = slots;
    table->mask = mask;
    table->room = room;
    return true;
}

uint64_t numbered_hash(const Numbered *table, const Text *parts, unsigned count) {
    uint64_t hash = hashed(parts, count, table->seed);
    PREFETCH(&table->slots[(uint32_t)(hash >> 20) & table->mask]);
    return hash;
}

uint32_t numbered_likely(const Numbered *table, uint64_t hash) {
    const Slot *slot = &table->slots[(uint32_t)(hash >> 20) & table->mask];
    return slot->hash == hash ? slot->number - 1 : NONE;
}

uint32_t numbered_put(Numbered *table, const Text *parts, unsigned count, bool *is_new) {
    return numbered_put_hashed(table, parts, count, hashed(parts, count, table->seed), is_new);
}

uint32_t numbered_put_hashed(Numbered *table, const Text *parts, unsigned count, uint64_t hash, bool *is_new) {
    Slot *slot = &table->slots[slot_of(table, parts, count, hash)];
    *is_new = slot->number == 0;
    if (!*is_new) return slot->number - 1;
    if (table->count == table->room) {
        if (!grown(table)) return NONE;
        slot = &table->slots[slot_of(table, parts, count, hash)];
    }
    Text key;
    if ((key.at = kept(table->arena, parts, count, &key.size)) == NULL) return NONE;
    table->keys[table->count] = key;
    table->sizes |= UINT64_C(1) << (parts[0].size & 63);
    slot->hash = hash;
    slot->number = table->count + 1;
    return table->count++;
}
