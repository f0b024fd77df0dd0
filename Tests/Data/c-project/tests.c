#include "pack.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int failures, checks;

static void check(int holds, const char *what) {
    checks++;
    if (holds) return;
    failures++;
    printf("FAILED  %s\n", what);
}

static uint32_t next_random(uint32_t *state) {
    *state = *state * 1664525u + 1013904223u;
    return *state >> 16;
}

static int comes_back(const uint8_t *bytes, size_t count) {
    struct buffer packed = {0}, unpacked = {0};
    int same = pack(bytes, count, &packed) == 0 && unpack(packed.bytes, packed.count, &unpacked) == 0
        && unpacked.count == count && (count == 0 || memcmp(unpacked.bytes, bytes, count) == 0);
    free(packed.bytes);
    free(unpacked.bytes);
    return same;
}

static void random_contents(void) {
    uint32_t state = 1;
    uint8_t bytes[2000];
    for (int round = 1; round <= 200; round++) {
        size_t count = next_random(&state) % sizeof bytes;
        uint32_t values = 1 + next_random(&state) % 256;
        for (size_t i = 0; i < count; i++) bytes[i] = (uint8_t)(next_random(&state) % values);
        check(comes_back(bytes, count), "random contents come back");
        if (round % 50 == 0) printf("ok      %d of 200 random contents come back\n", round);
        fflush(stdout);
    }
}

static void damage(void) {
    const char *text = "it was the best of times, it was the worst of times";
    struct buffer packed = {0};
    check(pack((const uint8_t *)text, strlen(text), &packed) == 0, "text can be packed");
    check(packed.count == PACK_HEADER + 22, "51 letters take 22 bytes");
    for (size_t count = 0; count < packed.count; count++) {
        struct buffer unpacked = {0};
        check(unpack(packed.bytes, count, &unpacked) < 0, "a file cut short is refused");
        free(unpacked.bytes);
    }
    for (size_t place = PACK_HEADER; place < packed.count; place++) {
        struct buffer unpacked = {0};
        packed.bytes[place] ^= 0x10;
        check(unpack(packed.bytes, packed.count, &unpacked) < 0, "a changed byte is noticed");
        packed.bytes[place] ^= 0x10;
        free(unpacked.bytes);
    }
    free(packed.bytes);
    printf("ok      a file that is cut short or changed is refused\n");
}

int main(void) {
    check(crc32_of((const uint8_t *)"123456789", 9) == 0xcbf43926u, "the CRC-32 of 123456789 is cbf43926");
    printf("ok      the checksum is the published one\n");
    check(comes_back(NULL, 0), "nothing comes back");
    check(comes_back((const uint8_t *)"aaaaaaaa", 8), "one value comes back");
    damage();
    random_contents();
    printf("%d checks, %d failed\n", checks, failures);
    return failures != 0;
}
