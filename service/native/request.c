/* What a record names: `kept`, `named_in` and `named_resources` of service/core/usage.py, over JSON that was scanned. */
#include "native.h"


typedef struct {
    Reduction *into;
    const Numbered *names; /* NULL: no member is kept for its name */
    const uint8_t *end;
    bool odd;
} Walk;

enum { MOST_NAMES = 128, LONGEST_NAME = 256 };

/* PAIRS: kept, and an object or a list of the caller's own keys with their values. */
typedef enum { LEFT_OUT, KEPT, PAIRS } Wish;

static const uint8_t *walk(Walk *walk_, const uint8_t *at, Wish wish);

static inline const uint8_t *past_space(const uint8_t *at, const uint8_t *end) {
    while (at < end && *at <= ' ') at++; /* it was scanned: no other control character is there */
    return at;
}

static bool put(Buffer *buffer, const void *bytes, size_t size) {
    if (!buffer_grow(buffer, size)) return false;
    if (size) memcpy(buffer->bytes + buffer->size, bytes, size);
    buffer->size += size;
    return true;
}

/* ---- texts */

static inline unsigned digit(uint8_t letter) {
    return letter <= '9' ? letter - (unsigned)'0' : (letter | 0x20) - 'a' + 10u;
}

static size_t encoded(unsigned code, uint8_t *into) {
    if (code < 0x80) {
        into[0] = (uint8_t)code;
        return 1;
    }
    if (code < 0x800) {
        into[0] = (uint8_t)(0xc0 | code >> 6);
        into[1] = (uint8_t)(0x80 | (code & 0x3f));
        return 2;
    }
    into[0] = (uint8_t)(0xe0 | code >> 12);
    into[1] = (uint8_t)(0x80 | (code >> 6 & 0x3f));
    into[2] = (uint8_t)(0x80 | (code & 0x3f));
    return 3;
}

/* Surrogates were found by the scan. */
size_t unescaped(Text written, uint8_t *into) {
    static const char letters[] = "\"\\/bfnrt", meant[] = "\"\\/\b\f\n\r\t";
    const uint8_t *at = written.at, *end = at + written.size;
    uint8_t *out = into;
    while (at < end) {
        if (*at != '\\') {
            *out++ = *at++;
        } else if (at[1] == 'u') {
            out += encoded(digit(at[2]) << 12 | digit(at[3]) << 8 | digit(at[4]) << 4 | digit(at[5]), out);
            at += 6;
        } else {
            *out++ = (uint8_t)meant[(const char *)memchr(letters, at[1], 8) - letters];
            at += 2;
        }
    }
    return (size_t)(out - into);
}

static bool begins(Text text, const char *with, size_t size) {
    return text.size >= size && memcmp(text.at, with, size) == 0;
}

static void find_at(Walk *walk_, Text path, Text text) {
    Reduction *into = walk_->into;
    bool is_new;
    if (into->only_checked) return;
    uint32_t number = into->count < MOST_FOUND ? numbered_put(into->paths, &path, 1, &is_new) : NONE;
    if (number == NONE)
        walk_->odd = true;
    else
        into->found[into->count++] = (Found){number, text};
}

static void find(Walk *walk_, Text text) {
    find_at(walk_, (Text){walk_->into->path.bytes, (uint32_t)walk_->into->path.size}, text);
}

/* There is room for all texts of a slice: they stay where they are until it is done. */
static Text plain_text(Walk *walk_, Text text) {
    Buffer *letters = &walk_->into->letters;
    uint8_t *plain = letters->bytes + letters->size;
    Text found = {plain, (uint32_t)unescaped(text, plain)};
    letters->size += found.size;
    walk_->into->unescaped = true;
    return found;
}

static void find_text(Walk *walk_, Text text, bool escaped, bool is_kept) {
    if (!is_kept && !escaped && !begins(text, "arn", 3)) return;
    if (escaped) text = plain_text(walk_, text);
    if (begins(text, "arn%3", 5))
        walk_->odd = true; /* it was part of a path */
    else if (begins(text, "arn:", 4) || (is_kept && text.size))
        find(walk_, text);
}

/* ---- members */

static bool is_wrapper(Text name) {
    switch (name.size) {
        case 4: return memcmp(name.at, "item", 4) == 0;
        case 5: return memcmp(name.at, "items", 5) == 0 || memcmp(name.at, "value", 5) == 0;
        case 6: return memcmp(name.at, "member", 6) == 0;
        case 7: return memcmp(name.at, "content", 7) == 0;
        default: return false;
    }
}

static bool is_one_of(const char *const *texts, Text text) {
    for (; *texts != NULL; texts++)
        if (strlen(*texts) == text.size && memcmp(*texts, text.at, text.size) == 0) return true;
    return false;
}

static Wish wish_for(Walk *walk_, Text name) {
    static const char *const pairs[] = { /* `PAIRS` of service/core/usage.py */
        "encryptioncontext", "tags", "tag", "tagset", "taglist", "tagging", "resourcetags", "xamztagging",
        "tagspecification", "tagspecifications", "tagspecificationset", "tagsmodel", "tagkeys", NULL};
    uint8_t normal[LONGEST_NAME];
    size_t size = 0;
    if (walk_->names == NULL) return LEFT_OUT;
    for (uint32_t at = 0; at < name.size; at++) {
        uint8_t letter = name.at[at], low = letter | 0x20;
        if ((letter >= '0' && letter <= '9') || (low >= 'a' && low <= 'z')) normal[size++] = letter > '9' ? low : letter;
    }
    if (!(walk_->names->sizes >> (size & 63) & 1)) return LEFT_OUT; /* most are told apart by this */
    Text found = {normal, (uint32_t)size};
    if (numbered_find(walk_->names, &found, 1) == NONE) return LEFT_OUT;
    return is_one_of(pairs, found) ? PAIRS : KEPT;
}

/* The name and where its value begins; odd where it is not plain ASCII, or there before. */
static const uint8_t *member_at(Walk *walk_, const uint8_t *at, Text *names, unsigned *count) {
    bool escaped;
    const uint8_t *begin = at + 1, *close = string_end(walk_->into->marks, begin, walk_->end, &escaped);
    if (close == NULL || escaped || *count == MOST_NAMES || close - begin > LONGEST_NAME) {
        walk_->odd = true;
        return NULL;
    }
    Text name = {begin, (uint32_t)(close - begin)};
    for (uint32_t each = 0; each < name.size; each++) walk_->odd |= name.at[each] >= 0x80;
    for (unsigned each = 0; each < *count; each++)
        walk_->odd |= names[each].size == name.size && memcmp(names[each].at, name.at, name.size) == 0;
    names[(*count)++] = name;
    at = past_space(past_space(close + 1, walk_->end) + 1, walk_->end);
    return walk_->odd ? NULL : at;
}

/* `key=value`, or `=` where that could be read in two ways. */
static void find_pair(Walk *walk_, Text key, Text value) {
    Buffer *path = &walk_->into->path, *letters = &walk_->into->letters;
    Text pair = {(const uint8_t *)"=", 1};
    if (memchr(key.at, '=', key.size) == NULL) {
        uint8_t *into = letters->bytes + letters->size;
        pair = (Text){into, key.size + 1 + value.size};
        if (letters->size + pair.size > letters->room) {
            walk_->odd = true;
            return;
        }
        memcpy(into, key.at, key.size);
        into[key.size] = '=';
        memcpy(into + key.size + 1, value.at, value.size);
        letters->size += pair.size;
    }
    if (!put(path, ".=", 2)) {
        walk_->odd = true;
        return;
    }
    find(walk_, pair);
    path->size -= 2;
}

static void find_pairs(Walk *walk_, const uint8_t *at) {
    static const char *const keys[] = {"key", "Key", "tagKey", "TagKey", NULL};
    static const char *const values[] = {"value", "Value", "tagValue", "TagValue", NULL};
    Text names[MOST_NAMES], texts[MOST_NAMES], key = {NULL, 0}, value = {(const uint8_t *)"", 0};
    unsigned count = 0;
    for (at = past_space(at + 1, walk_->end); *at != '}';) {
        if ((at = member_at(walk_, at, names, &count)) == NULL) return;
        Text *text = &texts[count - 1], name = names[count - 1];
        bool escaped = false;
        const uint8_t *begin = at + 1;
        *text = (Text){NULL, 0};
        at = *at == '"' ? string_end(walk_->into->marks, begin, walk_->end, &escaped) : value_end(walk_->into->marks, at, walk_->end);
        if (at == NULL || escaped) {
            walk_->odd = true;
            return;
        }
        if (*(begin - 1) == '"') {
            *text = (Text){begin, (uint32_t)(at++ - begin)};
            if (key.at == NULL && is_one_of(keys, name)) key = *text;
            if (value.size == 0 && is_one_of(values, name)) value = *text;
        }
        at = past_space(at, walk_->end);
        if (*at == ',') at = past_space(at + 1, walk_->end);
    }
    if (key.at != NULL) {
        find_pair(walk_, key, value);
        return;
    }
    for (unsigned each = 0; each < count; each++)
        if (texts[each].at != NULL && !begins(texts[each], "arn:", 4)) find_pair(walk_, names[each], texts[each]);
}

static const uint8_t *walk_object(Walk *walk_, const uint8_t *at, Wish wish) {
    Text names[MOST_NAMES];
    unsigned count = 0;
    Buffer *path = &walk_->into->path;
    if (wish == PAIRS) find_pairs(walk_, at);
    if (walk_->odd) return NULL;
    at = past_space(at + 1, walk_->end);
    if (*at == '}') return at + 1;
    if (wish) find(walk_, (Text){(const uint8_t *)"", 0});
    for (;;) {
        if ((at = member_at(walk_, at, names, &count)) == NULL) return NULL;
        Text name = names[count - 1];
        size_t before = path->size;
        bool inherits = wish && is_wrapper(name);
        if (!inherits && ((before && !put(path, ".", 1)) || !put(path, name.at, name.size))) walk_->odd = true;
        if (!inherits && before == 0 && name.size == 0) walk_->odd = true;
        at = walk(walk_, at, inherits ? wish : wish_for(walk_, name));
        path->size = before;
        if (at == NULL || walk_->odd) return NULL;
        at = past_space(at, walk_->end);
        if (*at == '}') return at + 1;
        at = past_space(at + 1, walk_->end);
    }
}

/* A key alone, as those that are taken away. */
static void find_item(Walk *walk_, const uint8_t *at) {
    bool escaped;
    const uint8_t *close = string_end(walk_->into->marks, at + 1, walk_->end, &escaped);
    if (close == NULL || escaped)
        walk_->odd = true;
    else
        find_pair(walk_, (Text){at + 1, (uint32_t)(close - at - 1)}, (Text){(const uint8_t *)"", 0});
}

static const uint8_t *walk_list(Walk *walk_, const uint8_t *at, Wish wish) {
    at = past_space(at + 1, walk_->end);
    if (*at == ']') return at + 1;
    for (;;) {
        if (wish == PAIRS && *at == '"') find_item(walk_, at);
        if (walk_->odd || (at = walk(walk_, at, wish)) == NULL) return NULL;
        at = past_space(at, walk_->end);
        if (*at == ']') return at + 1;
        at = past_space(at + 1, walk_->end);
    }
}

static const uint8_t *walk_scalar(Walk *walk_, const uint8_t *at, Wish wish) {
    const uint8_t *begin = at;
    while (at < walk_->end && *at > ' ' && *at != ',' && *at != '}' && *at != ']') at++;
    Text text = {begin, (uint32_t)(at - begin)};
    if (!wish || *begin == 'n') return at;
    bool is_number = *begin == '-' || (*begin >= '0' && *begin <= '9');
    if (is_number && (memchr(begin, '.', text.size) != NULL || begins(text, "-0", 2)))
        walk_->odd = true; /* Python writes it otherwise */
    else
        find(walk_, text);
    return at;
}

/* What is found in a value that was scanned, so it is whole, and not nested too deeply; NULL where it is odd. */
static const uint8_t *walk(Walk *walk_, const uint8_t *at, Wish wish) {
    if (at >= walk_->end) return NULL;
    if (*at == '{') return walk_object(walk_, at, wish);
    if (*at == '[') return walk_list(walk_, at, wish);
    if (*at != '"') return walk_scalar(walk_, at, wish);
    bool escaped;
    const uint8_t *begin = at + 1, *close = string_end(walk_->into->marks, begin, walk_->end, &escaped);
    if (close == NULL) return NULL;
    find_text(walk_, (Text){begin, (uint32_t)(close - begin)}, escaped, wish != LEFT_OUT);
    return walk_->odd ? NULL : close + 1;
}

static bool walked(const Record *record, unsigned member, const Numbered *names, Reduction *into) {
    Text json = record->member[member];
    Walk state = {into, names, json.at + json.size, false};
    into->path.size = 0;
    return walk(&state, json.at, LEFT_OUT) != NULL && !state.odd;
}

/* ---- sorted, each once */

static int compared(const Reduction *in, const Found *left, const Found *right) {
    if (left->path == right->path) return compare_texts(left->text, right->text);
    return compare_texts(numbered_text(in->paths, left->path), numbered_text(in->paths, right->path));
}

/* By insertion: there are few, and what is found first mostly comes first. */
static void sorted(Reduction *into, uint32_t begin) {
    uint32_t kept = begin;
    for (uint32_t each = begin; each < into->count; each++) {
        Found found = into->found[each];
        uint32_t at = kept;
        int order = 1;
        while (at > begin && (order = compared(into, &into->found[at - 1], &found)) > 0) at--;
        if (at > begin && order == 0) continue;
        if (at < kept) memmove(&into->found[at + 1], &into->found[at], (kept - at) * sizeof(Found));
        into->found[at] = found;
        kept++;
    }
    into->count = kept;
}

/* ---- the three groups */

static bool take_parameters(const Record *record, const Numbered *names, Reduction *into) {
    uint32_t bit = 1u << REQUEST;
    bool may_matter = names->count || ((record->names_arns | record->escaped) & bit);
    if ((record->has & bit) && may_matter && !walked(record, REQUEST, names, into)) return false;
    sorted(into, 0);
    return true;
}

static Text last_part(Text arn) {
    uint32_t begin = arn.size;
    while (begin && arn.at[begin - 1] != '/' && arn.at[begin - 1] != ':') begin--;
    return (Text){arn.at + begin, arn.size - begin};
}

static bool is_parameter(const Reduction *in, Text text) {
    for (uint32_t each = 0; text.size && each < in->ends[PARAMETERS]; each++) {
        Text found = in->found[each].text;
        if (found.size == text.size && memcmp(found.at, text.at, text.size) == 0) return true;
    }
    return false;
}

static bool take_response(const Record *record, Reduction *into) {
    uint32_t begin = into->count, bit = 1u << RESPONSE, kept = begin;
    if (begin == 0 || !((record->names_arns | record->escaped) & record->has & bit)) return true;
    if (!walked(record, RESPONSE, NULL, into)) return false;
    for (uint32_t each = begin; each < into->count; each++)
        if (is_parameter(into, last_part(into->found[each].text))) into->found[kept++].text = into->found[each].text;
    into->count = kept;
    Walk walk_ = {into, NULL, NULL, false};
    for (uint32_t each = begin; each < kept; each++) { /* where they stand does not matter */
        Text text = into->found[each].text;
        into->count = each;
        find_at(&walk_, (Text){(const uint8_t *)"", 0}, text);
    }
    sorted(into, begin);
    return !walk_.odd;
}

static const uint8_t *text_member(Walk *walk_, const uint8_t *at, Text *value) {
    bool escaped;
    const uint8_t *close;
    if (*at != '"' || (close = string_end(walk_->into->marks, at + 1, walk_->end, &escaped)) == NULL || escaped) return NULL;
    *value = (Text){at + 1, (uint32_t)(close - at - 1)};
    return close + 1;
}

static bool found_resource(Reduction *into, Text type, Text arn) {
    Walk walk_ = {into, NULL, NULL, false};
    if (arn.size) find_at(&walk_, type, arn);
    return !walk_.odd;
}

/* One entry, of which all members must be known (`EventResource`). */
static const uint8_t *resource(Walk *walk_, const uint8_t *at) {
    static const char *const members[] = {"ARN", "ARNPrefix", "type", "accountId"};
    const uint8_t *none = (const uint8_t *)"";
    Text values[4] = {{none, 0}, {none, 0}, {none, 0}, {none, 0}}, names[MOST_NAMES];
    unsigned count = 0;
    if (at >= walk_->end || *at != '{') return NULL;
    at = past_space(at + 1, walk_->end);
    while (*at != '}') {
        if ((at = member_at(walk_, at, names, &count)) == NULL) return NULL;
        Text name = names[count - 1];
        unsigned which = 0;
        while (which < 4 && (strlen(members[which]) != name.size || memcmp(members[which], name.at, name.size) != 0)) which++;
        if (which == 4 || (at = text_member(walk_, at, &values[which])) == NULL) return NULL;
        at = past_space(at, walk_->end);
        if (*at == ',') at = past_space(at + 1, walk_->end);
    }
    bool both = found_resource(walk_->into, values[2], values[0]) &&
                found_resource(walk_->into, (Text){(const uint8_t *)"ARNPrefix", 9}, values[1]);
    return both ? at + 1 : NULL;
}

static bool take_resources(const Record *record, Reduction *into) {
    if (!(record->has & 1u << RESOURCES)) return true;
    uint32_t begin = into->count;
    Text json = record->member[RESOURCES];
    Walk state = {into, NULL, json.at + json.size, false};
    const uint8_t *at = json.at;
    if (*at != '[') return false;
    at = past_space(at + 1, state.end);
    while (*at != ']') {
        if ((at = resource(&state, at)) == NULL || state.odd) return false;
        at = past_space(at, state.end);
        if (*at == ',') at = past_space(at + 1, state.end);
    }
    sorted(into, begin);
    return true;
}

bool reduce(const Record *record, const Numbered *names, Reduction *into) {
    into->found = into->few;
    into->count = 0;
    into->only_checked = into->unescaped = false;
    if (!take_parameters(record, names, into)) return false;
    into->ends[PARAMETERS] = into->count;
    if (!take_response(record, into)) return false;
    into->ends[FROM_RESPONSE] = into->count;
    if (!take_resources(record, into)) return false;
    into->ends[FROM_RESOURCES] = into->count;
    return true;
}

bool has_plain_resources(const Record *record, Reduction *scratch) {
    scratch->count = 0;
    scratch->only_checked = true;
    return take_resources(record, scratch);
}
