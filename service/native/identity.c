/* What decides about an identity, as it is scanned: all that service/core/principals.py and `mfa_of` read.
 *
 * There is an identity for each session and access key, and these are many; whose they are, which is what is asked
 * for, are few.
 */
#include "native.h"


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
    Text parts[PARTS];
} Reading;

static inline const uint8_t *past_space(const uint8_t *at, const uint8_t *end) {
    while (at < end && (*at == ' ' || *at == '\n' || *at == '\r' || *at == '\t')) at++;
    return at;
}

static const uint8_t *past_text(const Reading *reading, const uint8_t *at, Text *text) {
    bool escaped;
    if (at >= reading->end || *at != '"') return NULL;
    const uint8_t *close = string_end(at + 1, reading->end, &escaped);
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
            at = value_end(at, reading->end);
        else if ((at = past_text(reading, at, &value)) != NULL && member->kept >= 0)
            reading->parts[member->kept] = value;
        if (at == NULL) return NULL;
        at = past_space(at, reading->end);
        if (at >= reading->end || (*at != ',' && *at != '}')) return NULL;
        if (*at == '}') return at + 1;
        at = past_space(at + 1, reading->end);
    }
}

const uint8_t *past_identity(const uint8_t *at, const uint8_t *end, Text parts[IDENTITY_PARTS]) {
    static const uint8_t absent = 0; /* no text is this character alone */
    Reading reading = {.end = end};
    if ((at = past_object(&reading, at, IDENTITY_MEMBERS)) == NULL) return NULL;
    for (unsigned part = 0; part < PARTS; part++)
        parts[part] = reading.parts[part].at == NULL ? (Text){&absent, 1} : reading.parts[part];
    return at;
}

bool has_issuer(const Text parts[IDENTITY_PARTS]) {
    Text type = parts[ID_TYPE], arn = parts[ISSUER_ARN];
    return type.size == 11 && memcmp(type.at, "AssumedRole", 11) == 0 && !(arn.size == 1 && *arn.at == 0);
}
