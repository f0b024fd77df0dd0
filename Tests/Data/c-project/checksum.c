#include "pack.h"

// The CRC-32 of zlib and PNG: polynomial 0xedb88320, reflected, all bits inverted before and after.
uint32_t crc32_of(const uint8_t *bytes, size_t count) {
    uint32_t sum = 0xffffffffu;
    for (size_t i = 0; i < count; i++) {
        sum ^= bytes[i];
        for (int bit = 0; bit < 8; bit++) sum = sum >> 1 ^ (sum & 1 ? 0xedb88320u : 0);
    }
    return ~sum;
}
