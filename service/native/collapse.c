/* Names that are too many to list become a prefix and a wildcard: `_cut` of service/core/activity/collapse.py. */
#include "native.h"

#include <stdlib.h>

static const uint8_t WILDCARD[] = {0xf4, 0x8f, 0xbf, 0xbf}; /* `COLLAPSED` */

/* Items that agree in all that lies before `offset` of a value. */
typedef struct {
    uint32_t begin, end, value, part, offset;
} Node;

typedef struct {
    Text part;
    uint32_t item;
} Child;

typedef struct {
    const Limits *limits;
    Text *values;   /* of all items, item after item */
    uint32_t *cuts; /* where each is cut off; NONE where it is not */
    uint32_t width;
    Child *children; /* in the order in which nodes have their items */
    Buffer waiting;
} Tree;

static bool wait_for(Tree *tree, Node node) {
    if (!buffer_grow(&tree->waiting, sizeof node)) return false;
    memcpy(tree->waiting.bytes + tree->waiting.size, &node, sizeof node);
    tree->waiting.size += sizeof node;
    return true;
}

/* The last part that is told apart is all that is left. */
static Text part_at(Text text, uint32_t part, uint32_t offset, const Limits *limits) {
    uint32_t end = part + 1 == limits->most_parts ? text.size : offset;
    while (end < text.size && text.at[end] != '/' && text.at[end] != ':') end++;
    return (Text){text.at + offset, (end < text.size ? end + 1 : end) - offset};
}

static int compare_children(const void *left_, const void *right_) {
    const Child *left = left_, *right = right_;
    int order = compare_texts(left->part, right->part);
    return order ? order : (left->item > right->item) - (left->item < right->item);
}

static uint32_t child_end(const Tree *tree, uint32_t begin, uint32_t end) {
    uint32_t at = begin + 1;
    while (at < end && compare_texts(tree->children[at].part, tree->children[begin].part) == 0) at++;
    return at;
}

/* In the node's order, sorted by the part that follows; how many different ones there are. */
static uint32_t sort_children(Tree *tree, const Node *node) {
    uint32_t different = 0;
    for (uint32_t at = node->begin; at < node->end; at++) {
        Child *child = &tree->children[at];
        child->part = part_at(tree->values[child->item * tree->width + node->value], node->part, node->offset, tree->limits);
    }
    qsort(tree->children + node->begin, node->end - node->begin, sizeof(Child), compare_children);
    for (uint32_t begin = node->begin; begin < node->end; begin = child_end(tree, begin, node->end))
        different += tree->children[begin].part.size != 0;
    return different;
}

static bool cut_node(Tree *tree, const Node *node) {
    if (node->value == tree->width || node->end - node->begin <= tree->limits->most_children) return true;
    if (sort_children(tree, node) > tree->limits->most_children) {
        for (uint32_t at = node->begin; at < node->end; at++)
            tree->cuts[tree->children[at].item * tree->width + node->value] = node->offset;
        return wait_for(tree, (Node){node->begin, node->end, node->value + 1, 0, 0});
    }
    for (uint32_t begin = node->begin, end; begin < node->end; begin = end) {
        end = child_end(tree, begin, node->end);
        uint32_t size = tree->children[begin].part.size;
        Node child = {begin, end, node->value, node->part + 1, node->offset + size};
        if (!wait_for(tree, size ? child : (Node){begin, end, node->value + 1, 0, 0})) return false;
    }
    return true;
}

static bool cut_all(Tree *tree, uint32_t count) {
    bool done = wait_for(tree, (Node){0, count, 0, 0, 0});
    while (done && tree->waiting.size) {
        Node node;
        tree->waiting.size -= sizeof node;
        memcpy(&node, tree->waiting.bytes + tree->waiting.size, sizeof node);
        done = cut_node(tree, &node);
    }
    return done;
}

/* The item's names anew, where one is cut off; without the shared id. */
static bool rename_item(const Tree *tree, uint32_t number, Item *item, Arena *arena) {
    const Text *values = tree->values + (size_t)number * tree->width;
    const uint32_t *cuts = tree->cuts + (size_t)number * tree->width;
    size_t size = sizeof(uint32_t);
    for (uint32_t each = 0; each < tree->width; each++) {
        if (cuts[each] != NONE) item->is_open = true;
        size += sizeof(uint32_t) + (cuts[each] == NONE ? values[each].size : cuts[each] + sizeof WILDCARD);
    }
    if (!item->is_open) return true;
    uint8_t *names = size < UINT32_MAX ? arena_take(arena, size) : NULL, *at = names;
    if (names == NULL) return false;
    for (uint32_t each = 0; each < tree->width; each++) {
        bool is_cut = cuts[each] != NONE;
        uint32_t kept = is_cut ? cuts[each] : values[each].size, all = kept + (is_cut ? (uint32_t)sizeof WILDCARD : 0);
        memcpy(at, &all, sizeof all);
        memcpy(at + sizeof all, values[each].at, kept);
        if (is_cut) memcpy(at + sizeof all + kept, WILDCARD, sizeof WILDCARD);
        at += sizeof all + all;
    }
    memset(at, 0, sizeof(uint32_t));
    item->names = (Text){names, (uint32_t)size};
    return true;
}

bool ends_open(Text text) {
    return text.size >= sizeof WILDCARD && memcmp(text.at + text.size - sizeof WILDCARD, WILDCARD, sizeof WILDCARD) == 0;
}

bool collapse(Item *items, uint32_t count, uint32_t width, const Limits *limits, Arena *arena) {
    size_t all = (size_t)count * width;
    Tree tree = {.limits = limits, .width = width};
    tree.values = malloc(all * sizeof *tree.values);
    tree.cuts = malloc(all * sizeof *tree.cuts);
    tree.children = malloc(count * sizeof *tree.children);
    bool done = tree.values != NULL && tree.cuts != NULL && tree.children != NULL;
    for (uint32_t each = 0; done && each < count; each++) {
        uint32_t at = 0;
        for (uint32_t value = 0; value < width; value++) tree.values[(size_t)each * width + value] = name_at(items[each].names, &at);
        tree.children[each] = (Child){{NULL, 0}, each};
    }
    if (done) memset(tree.cuts, 0xff, all * sizeof *tree.cuts);
    done = done && cut_all(&tree, count);
    for (uint32_t each = 0; done && each < count; each++) done = rename_item(&tree, each, &items[each], arena);
    free(tree.values);
    free(tree.cuts);
    free(tree.children);
    buffer_free(&tree.waiting);
    return done;
}
