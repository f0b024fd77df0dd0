// A Huffman compressor for single files. The packed form:
//
//   4 bytes  "PCK1"
//   8 bytes  length of the original, little endian
//   4 bytes  CRC-32 of the original, little endian
//   256 bytes  length of each byte value's code in bits, 0 for a value that does not occur
//   the codes, most significant bit first, the last byte filled with zeros
#ifndef PACK_H
#define PACK_H

#include <stddef.h>
#include <stdint.h>

enum { PACK_HEADER = 4 + 8 + 4 + 256, PACK_LONGEST_CODE = 32 };

// A growing run of bytes. Starts as zeros; the owner frees `bytes`.
struct buffer {
    uint8_t *bytes;
    size_t count;
    size_t capacity;
};

// Appends one byte. Returns 0, or -1 if memory is short.
int buffer_append(struct buffer *buffer, uint8_t byte);

struct bit_writer {
    struct buffer *to;
    uint64_t pending;
    unsigned used;
};

// Writes the lowest `count` bits of `bits`, at most 32, the highest first.
int bits_write(struct bit_writer *writer, uint32_t bits, unsigned count);
// Fills the last byte with zeros.
int bits_finish(struct bit_writer *writer);

struct bit_reader {
    const uint8_t *bytes;
    size_t count;
    size_t position;
};

// The next bit, or -1 at the end.
int bits_read(struct bit_reader *reader);

uint32_t crc32_of(const uint8_t *bytes, size_t count);

// Both return 0 on success, and -1 if memory is short or the input is no packed file.
int pack(const uint8_t *bytes, size_t count, struct buffer *packed);
int unpack(const uint8_t *packed, size_t count, struct buffer *bytes);

#endif
