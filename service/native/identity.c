/* What decides about an identity, as it is scanned: all that service/core/principals.py and `mfa_of` read.
 *
 * There is an identity for each session and access key, and these are many; whose they are, which is what is asked
 * for, are few.
 */
#include "native.h"

#include <stdlib.h>

typedef struct {
    const char *name;
    uint32_t size;
    enum { STRING, ANY, SESSION_CONTEXT, ISSUER, ATTRIBUTES } kind;
    int kept; /* which part of the key it is; -1: none */
} Member;

/* Those behind MFA are of a session itself where it has an issuer. */
enum {
    ID_TYPE, ID_ACCOUNT, ID_INVOKED_BY, ISSUER_TYPE, ISSUER_ARN, ISSUER_ACCOUNT, ISSUER_USER, MFA, ID_ARN, ID_USER,
    ID_PRINCIPAL, PARTS
};
_Static_assert((int)PARTS == (int)IDENTITY_PARTS && (int)ID_ARN == (int)ISSUER_PARTS, "each part has its place");

/* All members that `Identity` of service/core/events.py has; the others may be anything. */
static const Member IDENTITY_MEMBERS[] = {
    {"type", 4, STRING, ID_TYPE}, {"arn", 3, STRING, ID_ARN}, {"accountId", 9, STRING, ID_ACCOUNT}, {"principalId", 11, STRING, ID_PRINCIPAL},
    {"userName", 8, STRING, ID_USER}, {"accessKeyId", 11, STRING, -1}, {"invokedBy", 9, STRING, ID_INVOKED_BY},
    {"identityProvider", 16, STRING, -1}, {"sessionContext", 14, SESSION_CONTEXT, -1}, {NULL, 0, ANY, -1},
};
static const Member CONTEXT_MEMBERS[] = {
    {"sessionIssuer", 13, ISSUER, -1}, {"attributes", 10, ATTRIBUTES, -1}, {"sourceIdentity", 14, STRING, -1}, {NULL, 0, ANY, -1},
};
static const Member ISSUER_MEMBERS[] = {
    {"type", 4, STRING, ISSUER_TYPE}, {"arn", 3, STRING, ISSUER_ARN}, {"accountId", 9, STRING, ISSUER_ACCOUNT},
    {"userName", 8, STRING, ISSUER_USER}, {"principalId", 11, STRING, -1}, {NULL, 0, ANY, -1},
};
static const Member ATTRIBUTE_MEMBERS[] = {{"mfaAuthenticated", 16, STRING, MFA}, {NULL, 0, ANY, -1}};

static const Member *const MEMBERS_OF[] = {NULL, NULL, CONTEXT_MEMBERS, ISSUER_MEMBERS, ATTRIBUTE_MEMBERS};

typedef struct {
    const uint8_t *end;
    const Marks *marks;
    Text *parts;
} Reading;

static inline const uint8_t *past_space(const uint8_t *at, const uint8_t *end) {
    while (at < end && (*at == ' ' || *at == '\n' || *at == '\r' || *at == '\t')) at++;
    return at;
}

static const uint8_t *past_text(const Reading *reading, const uint8_t *at, Text *text) {
    bool escaped;
    if (at >= reading->end || *at != '"') return NULL;
    const uint8_t *close = string_end(reading->marks, at + 1, reading->end, &escaped);
    if (close == NULL || escaped) return NULL;
    *text = (Text){at + 1, (uint32_t)(close - at - 1)};
    return close + 1;
}

static const Member *member_named(const Member *members, Text name) {
    while (members->name && (members->size != name.size || memcmp(members->name, name.at, name.size) != 0)) members++;
    return members;
}

/* NULL wherever anything is unusual: broken JSON, a known member that is there twice, or is no text, or has escapes. */
static const uint8_t *past_object(Reading *reading, const uint8_t *at, const Member *members) {
    uint32_t seen = 0;
    if (at >= reading->end || *at != '{') return NULL;
    at = past_space(at + 1, reading->end);
    if (at < reading->end && *at == '}') return at + 1;
    for (;;) {
        Text name, value;
        if ((at = past_text(reading, at, &name)) == NULL) return NULL;
        const Member *member = member_named(members, name);
        uint32_t bit = member->name ? 1u << (member - members) : 0;
        if (seen & bit) return NULL;
        seen |= bit;
        at = past_space(at, reading->end);
        if (at >= reading->end || *at != ':') return NULL;
        at = past_space(at + 1, reading->end);
        if (member->kind >= SESSION_CONTEXT)
            at = past_object(reading, at, MEMBERS_OF[member->kind]);
        else if (member->kind == ANY)
            at = value_end(reading->marks, at, reading->end);
        else if ((at = past_text(reading, at, &value)) != NULL && member->kept >= 0)
            reading->parts[member->kept] = value;
        if (at == NULL) return NULL;
        at = past_space(at, reading->end);
        if (at >= reading->end || (*at != ',' && *at != '}')) return NULL;
        if (*at == '}') return at + 1;
        at = past_space(at + 1, reading->end);
    }
}

static const uint8_t *past_identity(const Marks *marks, const uint8_t *at, const uint8_t *end, Text parts[IDENTITY_PARTS]) {
    static const uint8_t absent = 0; /* no text is this character alone */
    Reading reading = {end, marks, parts};
    for (unsigned part = 0; part < PARTS; part++) parts[part] = (Text){&absent, 1};
    return past_object(&reading, at, IDENTITY_MEMBERS);
}

bool has_issuer(const Text parts[IDENTITY_PARTS]) {
    Text type = parts[ID_TYPE], arn = parts[ISSUER_ARN];
    return type.size == 11 && memcmp(type.at, "AssumedRole", 11) == 0 && !(arn.size == 1 && *arn.at == 0);
}

/* ---- identities that were there before: one session makes many calls, and all have the same bytes
 *
 * A JSON object ends where it ends: bytes that begin with those of an identity that was read begin with that identity.
 */

enum { MOST_KNOWN = 8192, SLOTS = 4 * MOST_KNOWN, MOST_BYTES = 8 << 20, LOOKED_AT = 320 };

static const char ROLE[] = "{\"type\":\"AssumedRole\"";

struct IdentitySlot {
    uint64_t hash;
    uint32_t number; /* one more; 0 is a free slot */
};

bool scanner_begin(Scanner *scanner, uint64_t seed) {
    scanner->seed = seed;
    scanner->identities = malloc(MOST_KNOWN * sizeof *scanner->identities);
    scanner->slots = calloc(SLOTS, sizeof *scanner->slots);
    return scanner->identities != NULL && scanner->slots != NULL;
}

void scanner_free(Scanner *scanner) {
    buffer_free(&scanner->bits);
    arena_clear(&scanner->arena);
    free(scanner->identities);
    free(scanner->slots);
    memset(scanner, 0, sizeof *scanner);
}

void begin_identities(Scanner *scanner) {
    if (scanner->count < MOST_KNOWN * 7 / 8 && scanner->arena.held < MOST_BYTES) return;
    arena_clear(&scanner->arena);
    memset(scanner->slots, 0, SLOTS * sizeof *scanner->slots);
    scanner->count = 0;
}

/* INVARIANT: a slot's identity is not changed while there are records that refer to it, so until the next list. */
static IdentitySlot *slot_of(const Scanner *scanner, uint64_t hash) {
    uint32_t at = (uint32_t)(hash >> 20) % SLOTS;
    while (scanner->slots[at].number && scanner->slots[at].hash != hash) at = (at + 1) % SLOTS;
    return &scanner->slots[at];
}

static void keep_identity(Scanner *scanner, IdentitySlot *slot, uint64_t hash, Text text, Record *record) {
    if (scanner->count == MOST_KNOWN || text.size < LOOKED_AT || slot->number) return;
    uint8_t *copy = arena_take(&scanner->arena, text.size);
    if (copy == NULL) return; /* it is read again where it comes again */
    KnownIdentity *known = &scanner->identities[scanner->count];
    memcpy(copy, text.at, text.size);
    known->text = (Text){copy, text.size};
    known->decided = 0;
    for (unsigned part = 0; part < PARTS; part++) {
        Text found = record->own_parts[part];
        bool is_there = found.at >= text.at && found.at < text.at + text.size;
        known->parts[part] = is_there ? (Text){copy + (found.at - text.at), found.size} : found;
    }
    *slot = (IdentitySlot){hash, ++scanner->count};
    record->known = scanner->count - 1;
}

const uint8_t *known_identity(Scanner *scanner, const uint8_t *at, const uint8_t *end, Record *record) {
    IdentitySlot *slot = NULL;
    uint64_t hash = 0;
    record->known = NONE;
    if (end - at > LOOKED_AT && memcmp(at, ROLE, sizeof ROLE - 1) == 0) {
        hash = hash_of(at, LOOKED_AT, scanner->seed);
        slot = slot_of(scanner, hash);
    }
    if (slot != NULL && slot->number) {
        const KnownIdentity *known = &scanner->identities[slot->number - 1];
        if ((size_t)(end - at) >= known->text.size && memcmp(at, known->text.at, known->text.size) == 0) {
            record->known = slot->number - 1;
            record->parts = known->parts;
            return at + known->text.size;
        }
    }
    const uint8_t *past = past_identity(&scanner->marks, at, end, record->own_parts);
    record->parts = past == NULL ? NULL : record->own_parts;
    if (past != NULL && slot != NULL) keep_identity(scanner, slot, hash, (Text){at, (uint32_t)(past - at)}, record);
    return past;
}
