/* Records to moments of rows. What was not met before is decided by Python, once. */
#include "event.h"

#include <stdlib.h>

/* ---- time and id */

static bool number_of(const uint8_t *at, unsigned digits, uint32_t *number) {
    *number = 0;
    for (unsigned each = 0; each < digits; each++) {
        if (at[each] < '0' || at[each] > '9') return false;
        *number = 10 * *number + (at[each] - '0');
    }
    return true;
}

/* Days since the first of January of the year 1, which is day 1: `date.toordinal`. */
static int32_t ordinal(uint32_t year, uint32_t month, uint32_t day) {
    static const uint16_t before[] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    if (month < 1 || month > 12 || day < 1) return NO_DAY;
    if (day > (uint32_t)(before[month] - before[month - 1]) + (leap && month == 2)) return NO_DAY;
    uint32_t years = year - 1;
    return (int32_t)(years * 365 + years / 4 - years / 100 + years / 400 + before[month - 1] + (leap && month > 2) + day);
}

bool time_of(Text text, Moment *moment) {
    uint32_t year, month, day, hour, minute, second;
    const uint8_t *at = text.at;
    if (text.size != 20 || at[4] != '-' || at[7] != '-' || at[10] != 'T' || at[13] != ':' || at[16] != ':' || at[19] != 'Z')
        return false;
    bool digits = number_of(at, 4, &year) && number_of(at + 5, 2, &month) && number_of(at + 8, 2, &day) &&
                  number_of(at + 11, 2, &hour) && number_of(at + 14, 2, &minute) && number_of(at + 17, 2, &second);
    if (!digits || year < 1000 || hour > 23 || minute > 59 || second > 59) return false;
    moment->day = ordinal(year, month, day);
    moment->second = hour * 3600 + minute * 60 + second;
    return moment->day != NO_DAY;
}

#define BAD 16
#define BAD_8 BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD
#define BAD_32 BAD_8, BAD_8, BAD_8, BAD_8
/* What each character is as a digit; no capital letters. */
static const uint8_t DIGITS[256] = {
    BAD_32, BAD_8, BAD_8, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, BAD, BAD, BAD, BAD, BAD, BAD, BAD_32,
    BAD, 10, 11, 12, 13, 14, 15, BAD, BAD_8, BAD_8, BAD_8, BAD_32, BAD_32, BAD_32, BAD_32,
};

static inline uint64_t digits_of(const uint8_t *at, unsigned count, uint8_t *bad) {
    uint64_t value = 0;
    for (unsigned each = 0; each < count; each++) {
        uint8_t digit = DIGITS[at[each]];
        *bad |= digit;
        value = value << 4 | digit;
    }
    return value;
}

/* A UUID as it is usually written, but for that of zeros, which stands for none. */
bool id_of(Text text, Moment *moment) {
    const uint8_t *at = text.at;
    uint8_t bad = 0;
    if (text.size != 36 || at[8] != '-' || at[13] != '-' || at[18] != '-' || at[23] != '-') return false;
    moment->high = digits_of(at, 8, &bad) << 32 | digits_of(at + 9, 4, &bad) << 16 | digits_of(at + 14, 4, &bad);
    moment->low = digits_of(at + 19, 4, &bad) << 48 | digits_of(at + 24, 12, &bad);
    return !(bad & BAD) && (moment->high | moment->low);
}

/* ---- what is plainly an event: the rest of what service/core/trail/records.py asks of a record */

static bool is_text(Text text, const char *other) {
    return text.size == strlen(other) && memcmp(text.at, other, text.size) == 0;
}

static bool begins(Text text, const char *with) {
    return text.size >= strlen(with) && memcmp(text.at, with, strlen(with)) == 0;
}

static const uint32_t MUST = 1u << SOURCE | 1u << NAME | 1u << TIME | 1u << ID;
static const uint32_t MAY_BE_ESCAPED =
    1u << ERROR_MESSAGE | 1u << USER_AGENT | 1u << REQUEST | 1u << RESPONSE | 1u << IDENTITY | 1u << TLS;

static bool is_plain(const Record *record) {
    const Text *member = record->member;
    if (record->odd || (record->has & MUST) != MUST || (record->escaped & ~MAY_BE_ESCAPED)) return false;
    if (member[SOURCE].size == 0 || member[NAME].size == 0 || begins(member[SOURCE], "aws:")) return false;
    if (is_text(member[NAME], "AddRoleToInstanceProfile")) return false; /* what it says is taken in by Python */
    if (record->has & 1u << READ_ONLY) {
        Text value = member[READ_ONLY];
        if (!is_text(value, "true") && !is_text(value, "false") && !is_text(value, "null")) return false;
    }
    if (record->has & 1u << CATEGORY && (is_text(member[CATEGORY], "Insight") || is_text(member[CATEGORY], "Aggregated")))
        return false;
    return !(record->has & 1u << TYPE) ||
           !(is_text(member[TYPE], "AwsCloudTrailInsight") || is_text(member[TYPE], "AwsAggregatedEvent"));
}

/* ---- who, what and where */

static void put_member(Events *events, const Record *record, unsigned member) {
    static const uint8_t absent = 0; /* no member is this character alone */
    bool is_there = record->has >> member & 1;
    events->key[events->key_count++] = is_there ? record->member[member] : (Text){&absent, 1};
}

static void begin_key(Events *events, uint32_t group) {
    events->key_group = group;
    events->key[0] = (Text){(const uint8_t *)&events->key_group, sizeof events->key_group};
    events->key_count = 1;
}

static const Decision *made_before(const Events *events, const Decisions *of) {
    uint32_t at = numbered_find(&of->keys, events->key, events->key_count);
    return at == NONE ? NULL : &of->made[at];
}

static const Decision *noted(Events *events, Decisions *of, const Decision *decision) {
    bool is_new;
    if (of->keys.count == of->room) {
        uint32_t room = of->room ? 2 * of->room : 64;
        Decision *made = realloc(of->made, room * sizeof(Decision));
        if (made == NULL) {
            events->failed = true;
            return NULL;
        }
        of->made = made;
        of->room = room;
    }
    uint32_t at = numbered_put(&of->keys, events->key, events->key_count, &is_new);
    events->failed |= at == NONE;
    if (at == NONE) return NULL;
    of->made[at] = *decision;
    return &of->made[at];
}

/* What was decided of such a record, or is decided now; NULL where it is odd, or nothing could be decided. */
static const Decision *decided(Events *events, Decisions *of, unsigned question, uint32_t group, const Record *record) {
    const Decision *before = made_before(events, of);
    Decision decision;
    if (before != NULL) return before;
    bool done = events->decide(events->decider, question, group, record, &decision);
    return done ? noted(events, of, &decision) : NULL;
}

/* INVARIANT: everything that Python is given to decide, or reads of the record to do so, is in the key. */
/* Keys of all that decides, of the issuer's part of that, and of the identity as it is written. */
enum { BY_WRITING, BY_PARTS, BY_PARTS_AND_SOURCE, BY_ISSUER_ALONE };

static void who_key(Events *events, const Record *record, uint32_t kind, const Text *parts) {
    begin_key(events, kind);
    put_member(events, record, ACCOUNT);
    if (kind == BY_WRITING) put_member(events, record, IDENTITY);
    if (kind == BY_WRITING || kind == BY_PARTS_AND_SOURCE) put_member(events, record, SOURCE);
    for (unsigned part = 0; kind != BY_WRITING && part < (kind == BY_ISSUER_ALONE ? ISSUER_PARTS : IDENTITY_PARTS); part++)
        events->key[events->key_count++] = parts[part];
}

static const Decision *decided_who(Events *events, const Record *record) {
    const Text *parts = record->parts;
    bool by_issuer = parts != NULL && has_issuer(parts);
    uint32_t kind = BY_WRITING;
    if (parts != NULL) /* a service may be named by its source */
        kind = is_text(parts[0], "AWSService") ? BY_PARTS_AND_SOURCE : BY_PARTS;
    const Decision *before;
    if (by_issuer) {
        who_key(events, record, BY_ISSUER_ALONE, parts);
        if ((before = made_before(events, &events->who)) != NULL) return before;
    }
    who_key(events, record, kind, parts);
    if ((before = made_before(events, &events->who)) != NULL) return before;
    Decision decision;
    if (!events->decide(events->decider, WHO, 0, record, &decision)) return NULL;
    who_key(events, record, by_issuer && decision.flags & BY_ISSUER ? BY_ISSUER_ALONE : kind, parts);
    return noted(events, &events->who, &decision);
}

/* INVARIANT: identities that are known are of assumed roles, of which the account alone is read beside the parts. */
static bool who_of(Events *events, const Record *record, Decision *who) {
    KnownIdentity *known = record->known == NONE ? NULL : &events->scanner.identities[record->known];
    Text account = record->has >> ACCOUNT & 1 ? record->member[ACCOUNT] : (Text){(const uint8_t *)"", 1};
    if (known != NULL && known->decided == events->round && known->account_size == account.size &&
        memcmp(known->account, account.at, account.size) == 0) {
        *who = (Decision){known->number, known->group, known->flags, {NULL, 0}};
        return true;
    }
    const Decision *decision = decided_who(events, record);
    if (decision == NULL) return false;
    *who = *decision;
    if (known == NULL || account.size > sizeof known->account) return true;
    known->decided = events->round;
    known->number = who->number;
    known->group = who->group;
    known->flags = who->flags;
    known->account_size = account.size;
    memcpy(known->account, account.at, account.size);
    return true;
}

static const Decision *what_of(Events *events, const Record *record, uint32_t group) {
    static const uint8_t members[] = {SOURCE, NAME, TYPE, ACCOUNT, REGION, ERROR_CODE, ERROR_MESSAGE};
    begin_key(events, group);
    for (size_t each = 0; each < sizeof members; each++) put_member(events, record, members[each]);
    return decided(events, &events->what, WHAT, group, record);
}

/* `"tlsVersion":"TLS`, as `is_tls` of service/core/events.py looks for it. */
bool is_tls(const Record *record) {
    static const char name[] = "\"tlsVersion\"", begun[] = "\"TLS";
    if (!(record->has >> TLS & 1)) return false;
    Text json = record->member[TLS];
    const uint8_t *at = json.at, *end = at + json.size;
    if (begins(json, "{\"tlsVersion\":\"TLS")) return true; /* mostly so */
    if (json.size == 0 || *at != '{') return false;
    while ((at = memchr(at, '"', (size_t)(end - at))) != NULL) {
        const uint8_t *value = at + sizeof name - 1;
        if (value > end || memcmp(at, name, sizeof name - 1) != 0) {
            at++;
            continue;
        }
        while (value < end && *value <= ' ') value++;
        if (value < end && *value == ':') {
            do value++;
            while (value < end && *value <= ' ');
            if ((size_t)(end - value) >= sizeof begun - 1 && memcmp(value, begun, sizeof begun - 1) == 0) return true;
        }
        at++;
    }
    return false;
}

static const Decision *where_of(Events *events, const Record *record, uint32_t group) {
    static const uint8_t members[] = {REGION, SOURCE_IP, VPC_ENDPOINT}, yes = 1, no = 0;
    begin_key(events, group);
    for (size_t each = 0; each < sizeof members; each++) put_member(events, record, members[each]);
    events->key[events->key_count++] = (Text){is_tls(record) ? &yes : &no, 1};
    return decided(events, &events->where, WHERE, group, record);
}

/* ---- one record */

bool take_record(Events *events, const Record *record) {
    Moment moment;
    if (!is_plain(record) || !time_of(record->member[TIME], &moment) || !id_of(record->member[ID], &moment)) return false;
    Decision who;
    if (!who_of(events, record, &who)) return false;
    if (who.flags & UNWANTED) {
        if (!has_plain_resources(record, &events->reduction)) return false;
        events->failed |= !store_span(&events->store, moment.day, moment.second);
        return true;
    }
    const Decision *what = what_of(events, record, who.group);
    if (what == NULL) return false;
    uint32_t common = what->number;
    Text denied = what->denied;
    uint32_t names = what->group;
    const Decision *where = where_of(events, record, who.group);
    if (where == NULL || !reduce(record, &events->names[names], &events->reduction)) return false;
    bool shared = who.flags & MAY_BE_SHARED && record->has >> SHARED_ID & 1;
    Text shared_id = shared ? record->member[SHARED_ID] : (Text){(const uint8_t *)"", 0};
    uint32_t ids[] = {who.number, store_family(&events->store, common, &events->reduction), where->number};
    events->failed |= ids[1] == NONE || !store_later(&events->store, ids, &events->reduction, denied, shared_id, moment);
    return true;
}

/* ---- beginning and end */

bool events_begin(Events *events, uint64_t seed) {
    Arena *arena = &events->store.arena;
    events->seed = seed;
    events->round++;
    events->reduction.paths = &events->store.paths;
    events->reduction.marks = &events->scanner.marks;
    return store_begin(&events->store, seed) && numbered_begin(&events->who.keys, arena, seed) &&
           numbered_begin(&events->what.keys, arena, seed) && numbered_begin(&events->where.keys, arena, seed);
}

static void decisions_free(Decisions *decisions) {
    numbered_free(&decisions->keys);
    free(decisions->made);
    memset(decisions, 0, sizeof *decisions);
}

void events_free(Events *events) {
    decisions_free(&events->who);
    decisions_free(&events->what);
    decisions_free(&events->where);
    store_free(&events->store);
    for (uint32_t each = 0; each < events->names_count; each++) numbered_free(&events->names[each]);
    free(events->names);
    arena_clear(&events->names_arena);
    events->names = NULL;
    events->names_count = 0;
    buffer_free(&events->reduction.letters);
    buffer_free(&events->reduction.path);
    buffer_free(&events->reduction.many);
}

Numbered *events_names(Events *events) {
    Numbered *names = realloc(events->names, (events->names_count + 1) * sizeof *names);
    if (names == NULL) return NULL;
    events->names = names;
    names += events->names_count;
    if (!numbered_begin(names, &events->names_arena, events->seed)) {
        numbered_free(names);
        return NULL;
    }
    events->names_count++;
    return names;
}
