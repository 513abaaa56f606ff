/* What the parts of the native core share. See README.md for what it does, and what it must never do. */
#ifndef WHITTLE_NATIVE_H
#define WHITTLE_NATIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define NONE UINT32_MAX

#ifdef __GNUC__
#define PREFETCH(at) __builtin_prefetch(at)
#else
#define PREFETCH(at) ((void)(at))
#endif

typedef struct {
    const uint8_t *at;
    uint32_t size;
} Text;

/* ---- memory.c: memory that is let go all at once, buffers that grow, and byte strings by number */

typedef struct Chunk Chunk;

typedef struct {
    Chunk *chunks;
    uint8_t *free;
    size_t left;
    size_t held;
} Arena;

void *arena_take(Arena *arena, size_t size); /* aligned to 8 bytes; NULL without memory */
void arena_clear(Arena *arena);

typedef struct {
    uint8_t *bytes;
    size_t size;
    size_t room;
    bool failed; /* there was no memory: what was put in is not there */
} Buffer;

bool buffer_grow(Buffer *buffer, size_t size);
void buffer_free(Buffer *buffer);

typedef struct {
    uint64_t hash;
    uint32_t number; /* one more than that of the key; 0 is a free slot */
} Slot;

/* Keys, of one or more parts, get numbers in the order in which they come. */
typedef struct {
    Arena *arena;
    Slot *slots;
    Text *keys;
    uint64_t seed;
    uint64_t sizes; /* a bit for each size of a first part, as far as 64 bits tell them apart */
    uint32_t count;
    uint32_t room;
    uint32_t mask;
} Numbered;

bool numbered_begin(Numbered *table, Arena *arena, uint64_t seed);
void numbered_free(Numbered *table);
uint32_t numbered_find(const Numbered *table, const Text *parts, unsigned count); /* NONE where it is not there */
uint32_t numbered_put(Numbered *table, const Text *parts, unsigned count, bool *is_new); /* NONE without memory */
/* The same in steps, for many keys at once: what a step will look at is fetched while others are made. */
uint64_t numbered_hash(const Numbered *table, const Text *parts, unsigned count);
uint32_t numbered_likely(const Numbered *table, uint64_t hash); /* the number, as far as can be told without its key */
uint32_t numbered_put_hashed(Numbered *table, const Text *parts, unsigned count, uint64_t hash, bool *is_new);
uint64_t hash_of(const uint8_t *at, size_t size, uint64_t seed); /* of a multiple of 16 bytes */
Text numbered_text(const Numbered *table, uint32_t number); /* a key of one part */

/* ---- scan.c: the bytes of a list of records to where their members are */

/* Of a slice: a bit for each quote, backslash and control character, and for all from the end on. */
typedef struct {
    const uint8_t *begin;
    const uint64_t *bits;
} Marks;

static inline unsigned lowest_bit(uint64_t bits) {
#ifdef __GNUC__
    return (unsigned)__builtin_ctzll(bits);
#else
    unsigned place = 0;
    for (; !(bits & 1); bits >>= 1) place++;
    return place;
#endif
}

/* The next mark at or behind `at`, which lies within the slice or at its end. */
static inline const uint8_t *to_mark(const Marks *marks, const uint8_t *at) {
    size_t place = (size_t)(at - marks->begin), word = place / 64;
    uint64_t left = marks->bits[word] >> place % 64;
    if (left) return at + lowest_bit(left);
    do word++;
    while (marks->bits[word] == 0);
    return marks->begin + 64 * word + lowest_bit(marks->bits[word]);
}

enum {
    SOURCE, NAME, REGION, SOURCE_IP, USER_AGENT, ERROR_CODE, ERROR_MESSAGE, REQUEST, RESPONSE, ID, READ_ONLY, RESOURCES,
    TYPE, ACCOUNT, SHARED_ID, VPC_ENDPOINT, CATEGORY, IDENTITY, TIME, TLS, MEMBERS
};

enum { ISSUER_PARTS = 8, IDENTITY_PARTS = 11 };

typedef struct {
    Text whole;
    const Text *parts;    /* what decides about the identity; NULL where that is not plain to see */
    uint32_t known;       /* the number of its identity; NONE where it has none */
    uint32_t has;         /* a bit for each member that is there */
    uint32_t escaped;     /* a bit for each member with a backslash somewhere in it */
    uint32_t names_arns;  /* a bit for each member with a text in it that begins with `arn`; not of texts themselves */
    bool odd;             /* valid JSON, but not a record that is plainly read here */
    Text member[MEMBERS]; /* texts without their quotes, escapes as they are written; everything else as JSON */
    Text own_parts[IDENTITY_PARTS];
} Record;

enum { MOST_RECORDS = 4096, MOST_DEPTH = 48 };

typedef struct KnownIdentity KnownIdentity;
typedef struct IdentitySlot IdentitySlot;

enum { GUESSES = 256, SHORTEST_GUESS = 7, LONGEST_GUESS = 32 };

/* The name of a member with its quotes and colon. The guess at 0 is also what stands before the first. */
typedef struct {
    uint8_t text[LONGEST_GUESS];
    uint32_t counts; /* a bit for each byte of it that counts */
    uint32_t size, member;
    uint32_t next; /* which came after it the last time */
} Guess;

typedef struct {
    Buffer bits;
    Marks marks;
    Guess guesses[GUESSES];
    Arena arena;
    KnownIdentity *identities;
    IdentitySlot *slots;
    uint32_t count;
    uint64_t seed;
} Scanner;

bool begin_names(void); /* once, before anything is scanned */

bool scanner_begin(Scanner *scanner, uint64_t seed);
void scanner_free(Scanner *scanner);

/* How many records there are between the brackets; -1 where it is not, all of it, a list of objects in strict JSON.
 * What the records refer to stays until the next call. */
int scan_list(Scanner *scanner, const uint8_t *at, const uint8_t *end, Record *records);

/* Where the JSON string ends whose opening quote lies before `at`: at its closing quote; NULL where it is broken. */
const uint8_t *string_end(const Marks *marks, const uint8_t *at, const uint8_t *end, bool *escaped);

const uint8_t *value_end(const Marks *marks, const uint8_t *at, const uint8_t *end); /* behind it; NULL where it is broken */

/* ---- identity.c: identities that differ only in their session */

struct KnownIdentity {
    Text text;
    Text parts[IDENTITY_PARTS];
    /* Of records with it and the account: `decided` is the `who.round` in which that was. */
    uint64_t decided;
    uint32_t number, group, flags, account_size;
    uint8_t account[16];
};

void begin_identities(Scanner *scanner); /* before each list: makes room for more */
/* Behind the identity at `at`, with what decides about it in the record; NULL where that is not plain to see. */
const uint8_t *known_identity(Scanner *scanner, const uint8_t *at, const uint8_t *end, Record *record);
/* Whether it is an assumed role, of which the first `ISSUER_PARTS` may be enough. */
bool has_issuer(const Text parts[IDENTITY_PARTS]);

/* ---- request.c: what a record names */

typedef struct {
    uint32_t path; /* its number */
    Text text;
} Found;

enum { MOST_FOUND = 128, PARAMETERS = 0, FROM_RESPONSE = 1, FROM_RESOURCES = 2, GROUPS = 3 };

typedef struct {
    Numbered *paths;
    const Marks *marks;
    Found *found; /* `few` of a record that is read here, `many` of one that Python reduced */
    uint32_t count;
    uint32_t ends[GROUPS]; /* where each group ends */
    Buffer letters;        /* of texts that had escapes */
    Buffer path, many;
    Found few[MOST_FOUND];
    bool only_checked; /* nothing is kept of what is found */
    bool unescaped; /* some text had escapes, so it may hold any character */
} Reduction;

size_t unescaped(Text written, uint8_t *into); /* the text; never longer than it is written */

/* False where the record is not plainly read here. `names` are those of the members that are kept. */
bool reduce(const Record *record, const Numbered *names, Reduction *into);
bool is_tls(const Record *record); /* whether it names the version of TLS */
bool has_plain_resources(const Record *record, Reduction *scratch);

/* ---- store.c: rows with their moments */

typedef struct {
    int32_t day;
    uint32_t second;
    uint64_t high, low; /* the id; of an odd one where its text is, and its size */
} Moment;

enum { ODD_ID = 1u << 31, NO_DAY = -1 };

typedef struct {
    Moment *moments;
    uint32_t count, room;
    uint32_t principal, family, context;
    uint32_t next; /* the row of the same principal that came before this one */
    Text names;    /* the values and the shared id, each behind its size */
    uint32_t values;
    bool odd_ids, unescaped;
} Row;

typedef struct {
    uint32_t last_row;
    uint32_t records;
} Principal;

typedef struct {
    int32_t day;
    uint32_t first, last;
    uint32_t hours; /* a bit for each hour that has events */
} Span;

typedef struct {
    Arena arena;
    Numbered paths, shapes, families, rows, days;
    Row *row;
    uint32_t row_room;
    Principal *principals;
    uint32_t principal_count, principal_room;
    Span *spans;
    uint32_t span_room, last_span;
    Buffer scratch, pending, parts;
} Store;

bool store_begin(Store *store, uint64_t seed);
void store_free(Store *store);
bool store_span(Store *store, int32_t day, uint32_t second);
/* A moment and what it is a moment of; the parts of the row's key are `ids`, values, the resource denied, shared id. */
typedef struct {
    Moment moment;
    uint64_t hash;
    uint32_t ids[3]; /* principal, family and context */
    uint32_t first_part, values;
    bool unescaped;
} Pending;

/* Puts an event where `store_pending` will find it; the texts must stay until then. */
bool store_later(Store *store, const uint32_t ids[3], const Reduction *named, Text denied, Text shared_id, Moment moment);
bool store_pending(Store *store);
uint32_t store_family(Store *store, uint32_t common, const Reduction *named); /* NONE without memory */
int compare_moments(const void *left, const void *right); /* of those without an odd id */
int compare_texts(Text left, Text right);

static inline uint32_t read_size(const uint8_t *at) {
    uint32_t size;
    memcpy(&size, at, sizeof size);
    return size;
}

/* ---- collapse.c: names that are too many to list */

typedef struct {
    uint32_t most_children, most_parts, most_hashes, most_examples, shortest;
} Limits;

/* A row as it is stored; one that was collapsed stands for many, whose numbers are at `first` in a list. */
typedef struct {
    uint32_t family_rank, context_rank, row;
    uint32_t first, rows;
    bool is_open, unescaped;
    Text names; /* as those of `Row` */
} Item;

static inline Text name_at(Text names, uint32_t *at) {
    Text name = {names.at + *at + sizeof(uint32_t), read_size(names.at + *at)};
    *at += (uint32_t)sizeof(uint32_t) + name.size;
    return name;
}

bool ends_open(Text text); /* whether it was collapsed already */
/* Of one family: gives those below a prefix with too many names another one, in `arena`. False without memory. */
bool collapse(Item *items, uint32_t count, uint32_t width, const Limits *limits, Arena *arena);

/* ---- columns.c: the rows of one principal as columns */

typedef struct {
    const uint32_t *family_ranks, *context_ranks;
    const Text *family_packs, *context_packs; /* as MessagePack, for the marks of rows */
    uint32_t context_count;
    Limits limits;
} Ranks;

typedef struct {
    Buffer families, contexts;                   /* their numbers, each once, in the order of the rows */
    Buffer family, context, entries, values, shared; /* by row; values and shared are MessagePack */
    Buffer days, events, first, lasted, has_example, examples; /* by entry */
    Buffer low, high, since;                         /* by event */
    Buffer sketches; /* of each collapsed row its place, and its hashes behind their number */
    uint32_t value_count, shared_count, total, records;
    int32_t first_day, last_day;
} Columns;

typedef enum { PACKED, NOT_PLAIN, NO_MEMORY } Outcome;

/* NOT_PLAIN: contexts must be collapsed, names were already, or ids are no UUID. */
Outcome columns_of(const Store *store, uint32_t principal, const Ranks *ranks, Columns *into);
void columns_free(Columns *columns);

#endif
