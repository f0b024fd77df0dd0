#include "pack.h"

#include <stdlib.h>

int buffer_append(struct buffer *buffer, uint8_t byte) {
    if (buffer->count == buffer->capacity) {
        size_t capacity = buffer->capacity ? buffer->capacity * 2 : 256;
        uint8_t *bytes = realloc(buffer->bytes, capacity);
        if (!bytes) return -1;
        buffer->bytes = bytes;
        buffer->capacity = capacity;
    }
    buffer->bytes[buffer->count++] = byte;
    return 0;
}

int bits_write(struct bit_writer *writer, uint32_t bits, unsigned count) {
    writer->pending = writer->pending << count | (bits & (((uint64_t)1 << count) - 1));
    writer->used += count;
    while (writer->used >= 8) {
        writer->used -= 8;
        if (buffer_append(writer->to, (uint8_t)(writer->pending >> writer->used)) < 0) return -1;
    }
    return 0;
}

int bits_finish(struct bit_writer *writer) {
    return writer->used ? bits_write(writer, 0, 8 - writer->used) : 0;
}

int bits_read(struct bit_reader *reader) {
    if (reader->position >= reader->count * 8) return -1;
    unsigned byte = reader->bytes[reader->position / 8];
    unsigned shift = 7 - (unsigned)(reader->position % 8);
    reader->position++;
    return (int)(byte >> shift & 1);
}
