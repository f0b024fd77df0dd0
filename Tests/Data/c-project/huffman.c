#include "pack.h"

#include <string.h>

struct code {
    uint32_t bits[256];
    uint8_t lengths[256];
};

// Joins the two lightest trees until one is left; every join makes the codes of its leaves one bit longer.
static int lengths_of(const uint64_t counts[256], uint8_t lengths[256]) {
    uint64_t weights[256];
    int tree_of[256], trees = 0;
    memset(lengths, 0, 256);
    for (int value = 0; value < 256; value++) {
        tree_of[value] = counts[value] ? value : -1;
        weights[value] = counts[value];
        trees += counts[value] != 0;
    }
    if (trees == 1) {
        for (int value = 0; value < 256; value++) lengths[value] = counts[value] ? 1 : 0;
    }
    for (; trees > 1; trees--) {
        int first = -1, second = -1;
        for (int tree = 0; tree < 256; tree++) {
            if (!weights[tree]) continue;
            if (first < 0 || weights[tree] < weights[first]) { second = first; first = tree; }
            else if (second < 0 || weights[tree] < weights[second]) second = tree;
        }
        for (int value = 0; value < 256; value++) {
            if (tree_of[value] != first && tree_of[value] != second) continue;
            tree_of[value] = first;
            if (++lengths[value] > PACK_LONGEST_CODE) return -1;
        }
        weights[first] += weights[second];
        weights[second] = 0;
    }
    return 0;
}

// Canonical codes: by length and then by value, so that the lengths alone say everything.
static int assign(struct code *code) {
    uint64_t next = 0;
    for (unsigned length = 1; length <= PACK_LONGEST_CODE; length++) {
        for (int value = 0; value < 256; value++) {
            if (code->lengths[value] == length) code->bits[value] = (uint32_t)next++;
        }
        if (next > (uint64_t)1 << length) return -1;
        next <<= 1;
    }
    return 0;
}

static int put(struct buffer *to, uint64_t value, unsigned bytes) {
    for (unsigned i = 0; i < bytes; i++) {
        if (buffer_append(to, (uint8_t)(value >> 8 * i)) < 0) return -1;
    }
    return 0;
}

static uint64_t get(const uint8_t *from, unsigned bytes) {
    uint64_t value = 0;
    for (unsigned i = 0; i < bytes; i++) value |= (uint64_t)from[i] << 8 * i;
    return value;
}

int pack(const uint8_t *bytes, size_t count, struct buffer *packed) {
    struct code code = {0};
    uint64_t counts[256] = {0};
    for (size_t i = 0; i < count; i++) counts[bytes[i]]++;
    if (lengths_of(counts, code.lengths) < 0 || assign(&code) < 0) return -1;
    if (put(packed, 0x314b4350, 4) < 0 || put(packed, count, 8) < 0 || put(packed, crc32_of(bytes, count), 4) < 0) return -1;
    for (int value = 0; value < 256; value++) {
        if (buffer_append(packed, code.lengths[value]) < 0) return -1;
    }
    struct bit_writer writer = {packed, 0, 0};
    for (size_t i = 0; i < count; i++) {
        if (bits_write(&writer, code.bits[bytes[i]], code.lengths[bytes[i]]) < 0) return -1;
    }
    return bits_finish(&writer);
}

static int next_value(struct bit_reader *reader, const struct code *code) {
    uint64_t bits = 0;
    for (unsigned length = 1; length <= PACK_LONGEST_CODE; length++) {
        int bit = bits_read(reader);
        if (bit < 0) return -1;
        bits = bits << 1 | (uint64_t)bit;
        for (int value = 0; value < 256; value++) {
            if (code->lengths[value] == length && code->bits[value] == bits) return value;
        }
    }
    return -1;
}

int unpack(const uint8_t *packed, size_t count, struct buffer *bytes) {
    if (count < PACK_HEADER || get(packed, 4) != 0x314b4350) return -1;
    uint64_t length = get(packed + 4, 8);
    struct code code = {0};
    memcpy(code.lengths, packed + 16, 256);
    if (assign(&code) < 0) return -1;
    struct bit_reader reader = {packed + PACK_HEADER, count - PACK_HEADER, 0};
    for (uint64_t i = 0; i < length; i++) {
        int value = next_value(&reader, &code);
        if (value < 0 || buffer_append(bytes, (uint8_t)value) < 0) return -1;
    }
    return crc32_of(bytes->bytes, bytes->count) == get(packed + 12, 4) ? 0 : -1;
}
