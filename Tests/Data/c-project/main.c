#include "pack.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int read_all(FILE *file, struct buffer *into) {
    for (int byte; (byte = getc(file)) != EOF;) {
        if (buffer_append(into, (uint8_t)byte) < 0) return -1;
    }
    return ferror(file) ? -1 : 0;
}

int main(int argc, char **argv) {
    int unpacks = argc == 2 && strcmp(argv[1], "-d") == 0;
    if (argc > 2 || (argc == 2 && !unpacks)) {
        fprintf(stderr, "usage: pack [-d] <input >output\n");
        return 2;
    }
    struct buffer input = {0}, output = {0};
    int result = read_all(stdin, &input);
    if (result == 0) result = (unpacks ? unpack : pack)(input.bytes, input.count, &output);
    if (result == 0 && fwrite(output.bytes, 1, output.count, stdout) != output.count) result = -1;
    if (result < 0) fprintf(stderr, "pack: %s\n", unpacks ? "this is no packed file" : "the input can't be packed");
    else fprintf(stderr, "pack: %zu bytes -> %zu bytes\n", input.count, output.count);
    free(input.bytes);
    free(output.bytes);
    return result < 0;
}
