/* The bytes of a list of records to where their members are: strict JSON (RFC 8259), looked at once, nothing decoded.
 *
 * What is not strict JSON, or not UTF-8, is not read here at all; the Python lane then finds out what is wrong.
 */
#include "native.h"

#ifdef __SSE2__
#include <immintrin.h>
#endif

typedef struct {
    const uint8_t *end;
    const Marks *marks;
    bool escaped;    /* there was a backslash */
    bool names_arns; /* a text or name began with `arn` */
    bool odd;        /* there was something whose meaning is left to the Python lane */
} Scan;

static inline const uint8_t *past_space(const uint8_t *at, const uint8_t *end) {
    while (at < end && *at <= ' ' && (*at == ' ' || *at == '\n' || *at == '\r' || *at == '\t')) at++;
    return at;
}

/* ---- texts */

static inline int hex(uint8_t letter) {
    if (letter >= '0' && letter <= '9') return letter - '0';
    letter |= 0x20;
    return letter >= 'a' && letter <= 'f' ? letter - 'a' + 10 : -1;
}

static int code_of(const uint8_t *at, const uint8_t *end) { /* of `\uXXXX`; -1 where it is none */
    int code = 0;
    if (end - at < 6 || at[0] != '\\' || at[1] != 'u') return -1;
    for (int place = 2; place < 6; place++) {
        int digit = hex(at[place]);
        if (digit < 0) return -1;
        code = code << 4 | digit;
    }
    return code;
}

static const uint8_t *past_escape(const uint8_t *at, const uint8_t *end, bool *odd) {
    if (end - at < 2) return NULL;
    if (at[1] != 'u') return memchr("\"\\/bfnrt", at[1], 8) == NULL ? NULL : at + 2;
    int code = code_of(at, end);
    if (code < 0xd800 || code > 0xdfff) return code < 0 ? NULL : at + 6;
    *odd = true; /* a surrogate: two are one character, of which much is to be known */
    int other = code < 0xdc00 ? code_of(at + 6, end) : -1;
    return other >= 0xdc00 && other <= 0xdfff ? at + 12 : NULL;
}

/* ---- marks: quotes, backslashes and control characters, looked for once, many bytes at a time */

enum { BLOCK = 64 };

/* The marks of a block; what its bytes have in common with `any` tells whether some are beyond ASCII. */
static inline uint64_t marks_of(const uint8_t *at, uint64_t *any) {
#ifdef __SSE2__
    const __m128i quote = _mm_set1_epi8('"'), backslash = _mm_set1_epi8('\\'), last_control = _mm_set1_epi8(0x1f);
    uint64_t found = 0, beyond = 0;
    for (int part = 0; part < 4; part++) {
        __m128i here = _mm_loadu_si128((const __m128i *)(const void *)at + part);
        __m128i special = _mm_or_si128(_mm_cmpeq_epi8(here, quote), _mm_cmpeq_epi8(here, backslash));
        special = _mm_or_si128(special, _mm_cmpeq_epi8(_mm_min_epu8(here, last_control), here));
        found |= (uint64_t)(uint32_t)_mm_movemask_epi8(special) << 16 * part;
        beyond |= (uint64_t)(uint32_t)_mm_movemask_epi8(here);
    }
    *any |= beyond;
    return found;
#else
    uint64_t found = 0;
    for (int each = 0; each < BLOCK; each++) {
        uint8_t letter = at[each];
        found |= (uint64_t)(letter == '"' || letter == '\\' || letter <= 0x1f) << each;
        *any |= letter & 0x80;
    }
    return found;
#endif
}

static uint64_t mark_plainly(const uint8_t *at, size_t blocks, uint64_t *bits) {
    uint64_t any = 0;
    for (size_t block = 0; block < blocks; block++) bits[block] = marks_of(at + BLOCK * block, &any);
    return any;
}

#if defined(__SSE2__) && defined(__GNUC__)
/* The same where the processor has vectors of 32 bytes. */
__attribute__((target("avx2"))) static uint64_t mark_widely(const uint8_t *at, size_t blocks, uint64_t *bits) {
    const __m256i quote = _mm256_set1_epi8('"'), backslash = _mm256_set1_epi8('\\'), last_control = _mm256_set1_epi8(0x1f);
    __m256i any = _mm256_setzero_si256();
    for (size_t block = 0; block < blocks; block++) {
        uint32_t halves[2];
        for (int half = 0; half < 2; half++) {
            __m256i here = _mm256_loadu_si256((const __m256i *)(const void *)(at + BLOCK * block) + half);
            __m256i special = _mm256_or_si256(_mm256_cmpeq_epi8(here, quote), _mm256_cmpeq_epi8(here, backslash));
            special = _mm256_or_si256(special, _mm256_cmpeq_epi8(_mm256_min_epu8(here, last_control), here));
            halves[half] = (uint32_t)_mm256_movemask_epi8(special);
            any = _mm256_or_si256(any, here);
        }
        bits[block] = (uint64_t)halves[1] << 32 | halves[0];
    }
    return (uint32_t)_mm256_movemask_epi8(any);
}

static uint64_t mark_blocks(const uint8_t *at, size_t blocks, uint64_t *bits) {
    return __builtin_cpu_supports("avx2") ? mark_widely(at, blocks, bits) : mark_plainly(at, blocks, bits);
}
#else
#define mark_blocks mark_plainly
#endif

/* False without memory. All is marked from the end on, so looking for a mark stays within. */
static bool mark(Scanner *scanner, const uint8_t *at, const uint8_t *end, bool *is_ascii) {
    size_t blocks = (size_t)(end - at) / BLOCK, rest = (size_t)(end - at) % BLOCK;
    uint8_t last[BLOCK] = {0};
    scanner->bits.size = 0;
    if (!buffer_grow(&scanner->bits, (blocks + 1) * sizeof(uint64_t))) return false;
    uint64_t *bits = (uint64_t *)(void *)scanner->bits.bytes;
    scanner->marks = (Marks){at, bits};
    uint64_t any = mark_blocks(at, blocks, bits);
    memcpy(last, at + BLOCK * blocks, rest);
    bits[blocks] = marks_of(last, &any); /* zeros are control characters */
    *is_ascii = any == 0;
    return true;
}

static inline const uint8_t *past_text(Scan *scan, const uint8_t *at) { /* `at`: behind the opening quote */
    for (;;) {
        at = to_mark(scan->marks, at);
        if (at >= scan->end) return NULL;
        if (*at == '"') return at + 1;
        if (*at != '\\' || (at = past_escape(at, scan->end, &scan->odd)) == NULL) return NULL;
        scan->escaped = true;
    }
}

const uint8_t *string_end(const Marks *marks, const uint8_t *at, const uint8_t *end, bool *escaped) {
    Scan scan = {.end = end, .marks = marks};
    const uint8_t *past = past_text(&scan, at);
    *escaped = scan.escaped;
    return past == NULL ? NULL : past - 1;
}

/* ---- values */

static inline const uint8_t *past_digits(const uint8_t *at, const uint8_t *end) {
    while (at < end && *at >= '0' && *at <= '9') at++;
    return at;
}

enum { MOST_DIGITS = 17 };

static const uint8_t *past_number(Scan *scan, const uint8_t *at) {
    const uint8_t *begin = at, *end = scan->end;
    if (at < end && *at == '-') at++;
    const uint8_t *digits = at;
    at = past_digits(at, end);
    if (at == digits || (*digits == '0' && at - digits > 1)) return NULL;
    if (at < end && *at == '.') {
        const uint8_t *fraction = at + 1;
        at = past_digits(fraction, end);
        if (at == fraction) return NULL;
    }
    if (at < end && (*at | 0x20) == 'e') {
        scan->odd = true;
        at++;
        if (at < end && (*at == '+' || *at == '-')) at++;
        const uint8_t *exponent = at;
        at = past_digits(at, end);
        if (at == exponent) return NULL;
    }
    if (at - begin > MOST_DIGITS) scan->odd = true;
    return at;
}

static inline const uint8_t *past_word(const uint8_t *at, const uint8_t *end, const char *word, size_t size) {
    return (size_t)(end - at) >= size && memcmp(at, word, size) == 0 ? at + size : NULL;
}

static inline const uint8_t *past_scalar(Scan *scan, const uint8_t *at) {
    switch (*at) {
        case 't': return past_word(at, scan->end, "true", 4);
        case 'f': return past_word(at, scan->end, "false", 5);
        case 'n': return past_word(at, scan->end, "null", 4);
        default: return past_number(scan, at);
    }
}

static inline void note_arn(Scan *scan, const uint8_t *at) {
    if (scan->end - at >= 3 && at[0] == 'a' && at[1] == 'r' && at[2] == 'n') scan->names_arns = true;
}

/* Behind a name and its colon, at the value. */
static inline const uint8_t *past_name(Scan *scan, const uint8_t *at) {
    const uint8_t *end = scan->end;
    if (at >= end || *at != '"' || (at = past_text(scan, at + 1)) == NULL) return NULL;
    at = past_space(at, end);
    return at < end && *at == ':' ? past_space(at + 1, end) : NULL;
}

/* Behind the value at `at`. Brackets that are open are bits of `objects`: 1 for an object. */
static const uint8_t *past_value(Scan *scan, const uint8_t *at) {
    const uint8_t *end = scan->end;
    uint64_t objects = 0;
    unsigned depth = 0;
    for (;;) {
        if (at >= end) return NULL;
        if (*at == '"') {
            note_arn(scan, at + 1);
            at = past_text(scan, at + 1);
        } else if (*at == '{' || *at == '[') {
            bool is_object = *at == '{';
            at = past_space(at + 1, end);
            if (at >= end) return NULL;
            if (*at != (is_object ? '}' : ']')) {
                if (++depth >= MOST_DEPTH) return NULL;
                objects = objects << 1 | is_object;
                if (is_object && (at = past_name(scan, at)) == NULL) return NULL;
                continue;
            }
            at++;
        } else {
            at = past_scalar(scan, at);
        }
        if (at == NULL) return NULL;
        for (;;) { /* behind a value */
            if (depth == 0) return at;
            at = past_space(at, end);
            if (at >= end) return NULL;
            if (*at == ',') break;
            if (*at != ((objects & 1) ? '}' : ']')) return NULL;
            at++;
            depth--;
            objects >>= 1;
        }
        at = past_space(at + 1, end);
        if ((objects & 1) && (at = past_name(scan, at)) == NULL) return NULL;
    }
}

const uint8_t *value_end(const Marks *marks, const uint8_t *at, const uint8_t *end) {
    Scan scan = {.end = end, .marks = marks};
    return past_value(&scan, at);
}

/* ---- records */

static const struct {
    const char *name;
    uint32_t member;
} NAMES[] = {
    {"eventSource", SOURCE},     {"eventName", NAME},           {"awsRegion", REGION},
    {"sourceIPAddress", SOURCE_IP}, {"userAgent", USER_AGENT},  {"errorCode", ERROR_CODE},
    {"errorMessage", ERROR_MESSAGE}, {"requestParameters", REQUEST}, {"responseElements", RESPONSE},
    {"eventID", ID},             {"readOnly", READ_ONLY},       {"resources", RESOURCES},
    {"eventType", TYPE},         {"recipientAccountId", ACCOUNT}, {"sharedEventID", SHARED_ID},
    {"vpcEndpointId", VPC_ENDPOINT}, {"eventCategory", CATEGORY}, {"userIdentity", IDENTITY},
    {"eventTime", TIME},         {"tlsDetails", TLS},
};

enum { PLACES = 256, SHORTEST_NAME = 7, LONGEST_NAME = 18 };

/* The member of each place, where `begin_names` found a factor that gives each a place of its own. */
static struct {
    uint8_t quoted[LONGEST_NAME + 2];
    uint32_t size, member;
} places[PLACES];
static uint32_t factor;

static inline uint32_t place_of(const uint8_t *name, size_t size) {
    uint32_t last;
    memcpy(&last, name + size - 4, 4);
    return ((last ^ (uint32_t)size << 5) * factor) >> 24;
}

static bool fits(void) {
    memset(places, 0, sizeof places);
    for (size_t each = 0; each < sizeof NAMES / sizeof *NAMES; each++) {
        uint32_t size = (uint32_t)strlen(NAMES[each].name), place = place_of((const uint8_t *)NAMES[each].name, size);
        if (places[place].size) return false;
        places[place].quoted[0] = places[place].quoted[size + 1] = '"';
        memcpy(places[place].quoted + 1, NAMES[each].name, size);
        places[place].size = size;
        places[place].member = NAMES[each].member;
    }
    return true;
}

bool begin_names(void) {
    for (factor = 0x9E3779B1; factor < 0x9E3779B1 + (1u << 20); factor += 2)
        if (fits()) return true;
    return false;
}

static inline bool same_eight(const uint8_t *left, const uint8_t *right) {
    return memcmp(left, right, 8) == 0; /* no call: the size is known */
}

/* `name` stands between its quotes, which the first and last eight bytes of the shortest names hold, too. */
static inline unsigned member_named(const uint8_t *name, size_t size) {
    if (size < SHORTEST_NAME || size > LONGEST_NAME) return MEMBERS;
    uint32_t place = place_of(name, size);
    const uint8_t *known = places[place].quoted + 1;
    bool same = places[place].size == size && same_eight(name, known) &&
                same_eight(name + size / 2 - 4, known + size / 2 - 4) && same_eight(name + size - 8, known + size - 8);
    return same ? places[place].member : MEMBERS;
}

static const uint32_t JSON_MEMBERS = 1u << REQUEST | 1u << RESPONSE | 1u << READ_ONLY | 1u << RESOURCES | 1u << IDENTITY | 1u << TLS;

/* Behind the value of a member; of a text, nobody asks whether it begins with `arn`. */
static inline const uint8_t *past_member_value(Scan *scan, Scanner *scanner, const uint8_t *at, unsigned member, Record *record) {
    if (at < scan->end && *at == '"') return past_text(scan, at + 1);
    const uint8_t *plain = member == IDENTITY ? known_identity(scanner, at, scan->end, record) : NULL;
    return plain != NULL ? plain : past_value(scan, at);
}

/* ---- names of members: most records have the same ones in the same order, so the next one is guessed */

static inline bool is_guessed(const Guess *guess, const uint8_t *at) {
#ifdef __SSE2__
    const __m128i *text = (const __m128i *)(const void *)guess->text, *here = (const __m128i *)(const void *)at;
    int first = _mm_movemask_epi8(_mm_cmpeq_epi8(_mm_loadu_si128(here), _mm_loadu_si128(text)));
    int other = _mm_movemask_epi8(_mm_cmpeq_epi8(_mm_loadu_si128(here + 1), _mm_loadu_si128(text + 1)));
    return (guess->counts & ~((uint32_t)other << 16 | (uint32_t)first)) == 0;
#else
    return memcmp(guess->text, at, guess->size) == 0;
#endif
}

/* Notes that the name came after that of the last guess. `text` is of the name with its quotes and the colon. */
static void guess_next(Scanner *scanner, uint32_t *last, const uint8_t *text, size_t size, unsigned member) {
    if (size > LONGEST_GUESS || size < SHORTEST_GUESS) return;
    uint32_t place = place_of(text + 1, size - 3);
    Guess *guess = &scanner->guesses[place];
    if (guess->size != size || memcmp(guess->text, text, size) != 0) {
        guess->counts = size == LONGEST_GUESS ? UINT32_MAX : (UINT32_C(1) << size) - 1;
        memcpy(guess->text, text, size);
        guess->size = (uint32_t)size;
        guess->member = member;
    }
    scanner->guesses[*last].next = place;
    *last = place;
}

/* Behind the name and its colon. */
static inline const uint8_t *past_member_name(Scan *scan, Scanner *scanner, const uint8_t *at, uint32_t *last, unsigned *member) {
    const uint8_t *end = scan->end, *begin = at;
    uint32_t next = scanner->guesses[*last].next;
    const Guess *guess = &scanner->guesses[next];
    if (end - at >= LONGEST_GUESS && guess->size && is_guessed(guess, at)) {
        *last = next;
        *member = guess->member;
        return at + guess->size;
    }
    scan->escaped = false;
    if (at >= end || *at != '"' || (at = past_text(scan, at + 1)) == NULL) return NULL;
    if (scan->escaped) scan->odd = true;
    *member = member_named(begin + 1, (size_t)(at - begin) - 2);
    bool is_plain = !scan->escaped && at < end && *at == ':';
    at = past_space(at, end);
    if (at >= end || *at != ':') return NULL;
    if (is_plain) guess_next(scanner, last, begin, (size_t)(at + 1 - begin), *member);
    return at + 1;
}

static const uint8_t *past_member(Scan *scan, Scanner *scanner, const uint8_t *at, Record *record, uint32_t *last) {
    unsigned member;
    if ((at = past_member_name(scan, scanner, at, last, &member)) == NULL) return NULL;
    const uint8_t *begin = at = past_space(at, scan->end);
    scan->escaped = scan->names_arns = false;
    if ((at = past_member_value(scan, scanner, at, member, record)) == NULL || member == MEMBERS) return at;
    uint32_t bit = 1u << member;
    if (record->has & bit) scan->odd = true;
    record->has |= bit;
    if (scan->escaped) record->escaped |= bit;
    if (scan->names_arns) record->names_arns |= bit;
    if (JSON_MEMBERS & bit) {
        if (*begin == '"') scan->odd = true; /* nobody asked whether the text begins with `arn` */
        record->member[member] = (Text){begin, (uint32_t)(at - begin)};
    } else if (*begin == '"') {
        record->member[member] = (Text){begin + 1, (uint32_t)(at - begin - 2)};
    } else {
        scan->odd = true;
    }
    return at;
}

static const uint8_t *past_record(Scanner *scanner, const uint8_t *at, const uint8_t *end, Record *record) {
    Scan scan = {.end = end, .marks = &scanner->marks};
    const uint8_t *begin = at;
    record->has = record->escaped = record->names_arns = 0;
    record->parts = NULL;
    record->known = NONE;
    uint32_t last = 0;
    if (at >= end || *at != '{') return NULL;
    at = past_space(at + 1, end);
    if (at < end && *at == '}') {
        scan.odd = true;
    } else {
        for (;;) {
            if ((at = past_member(&scan, scanner, at, record, &last)) == NULL) return NULL;
            at = past_space(at, end);
            if (at >= end || (*at != ',' && *at != '}')) return NULL;
            if (*at == '}') break;
            at = past_space(at + 1, end);
        }
    }
    at++;
    record->whole = (Text){begin, (uint32_t)(at - begin)};
    record->odd = scan.odd;
    return at;
}

/* ---- all of it */

static inline bool follow(const uint8_t *at, size_t count) {
    for (size_t each = 0; each < count; each++)
        if ((at[each] & 0xc0) != 0x80) return false;
    return true;
}

/* How many bytes the character beyond ASCII has; 0 where it is none, and for U+10FFFF, which has a meaning of its own. */
static inline size_t character(const uint8_t *at, size_t left) {
    if (at[0] >= 0xc2 && at[0] <= 0xdf) return left >= 2 && follow(at + 1, 1) ? 2 : 0;
    if (at[0] >= 0xe0 && at[0] <= 0xef) {
        if (left < 3 || !follow(at + 1, 2)) return 0;
        return (at[0] == 0xe0 && at[1] < 0xa0) || (at[0] == 0xed && at[1] > 0x9f) ? 0 : 3;
    }
    if (at[0] < 0xf0 || at[0] > 0xf4 || left < 4 || !follow(at + 1, 3)) return 0;
    if ((at[0] == 0xf0 && at[1] < 0x90) || (at[0] == 0xf4 && at[1] > 0x8f)) return 0;
    return memcmp(at, "\xf4\x8f\xbf\xbf", 4) == 0 ? 0 : 4;
}

static bool is_plain_utf8(const uint8_t *at, const uint8_t *end) {
    while (at < end) {
        if (*at < 0x80) {
            at++;
            continue;
        }
        size_t size = character(at, (size_t)(end - at));
        if (size == 0) return false;
        at += size;
    }
    return true;
}

int scan_list(Scanner *scanner, const uint8_t *at, const uint8_t *end, Record *records) {
    bool is_ascii;
    if (!mark(scanner, at, end, &is_ascii) || (!is_ascii && !is_plain_utf8(at, end))) return -1;
    int count = 0;
    begin_identities(scanner);
    at = past_space(at, end);
    while (count < MOST_RECORDS) {
        if ((at = past_record(scanner, at, end, &records[count])) == NULL) return -1;
        count++;
        at = past_space(at, end);
        if (at == end) return count;
        if (*at != ',') return -1;
        at = past_space(at + 1, end);
    }
    return -1;
}
