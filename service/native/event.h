/* Records to moments of rows (event.c). */
#ifndef WHITTLE_EVENT_H
#define WHITTLE_EVENT_H

#include "native.h"

enum { WHO, WHAT, WHERE };                     /* what Python decides about */
/* BY_ISSUER: all that was decided of an assumed role is that of its issuer. */
enum { UNWANTED = 1u << 0, MAY_BE_SHARED = 1u << 1, BY_ISSUER = 1u << 2 };

/* WHO: the principal's number; what else `who` says of an event is a `group`.
 * WHAT: the number of what a family has beside its paths, the `group` of names that are kept, the resource denied.
 * WHERE: the context's number. */
typedef struct {
    uint32_t number, group, flags;
    Text denied;
} Decision;

typedef struct {
    Numbered keys;
    Decision *made;
    uint32_t room;
} Decisions;

enum { KEY_PARTS = 16 };

typedef struct {
    Store store;
    Scanner scanner; /* what it knows does not go when the rest is let go */
    uint64_t round;  /* how often the rest was */
    Decisions who, what, where;
    Arena names_arena;
    Numbered *names;
    uint32_t names_count;
    uint64_t seed;
    Reduction reduction;
    Text key[KEY_PARTS];
    unsigned key_count;
    uint32_t key_group;
    bool failed; /* there was no memory */
    void *decider;
    bool (*decide)(void *decider, unsigned question, uint32_t group, const Record *record, Decision *decision);
} Events;

bool events_begin(Events *events, uint64_t seed);
void events_free(Events *events);
Numbered *events_names(Events *events); /* a new group of names; NULL without memory */
/* False: it is odd, and nothing was noted of it. What was noted waits for `store_pending`. */
bool take_record(Events *events, const Record *record);

bool time_of(Text text, Moment *moment);
bool id_of(Text text, Moment *moment);

#endif
