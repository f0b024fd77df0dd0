"""Takes the uncompressed kernel out of a bzImage, which starts sooner under emulation. Source: the kernel's x86/boot.rst."""
import gzip
import lzma
import struct
import subprocess
import sys


def payload(image):
    if image[0x202:0x206] != b"HdrS":
        raise ValueError("this is no bzImage")
    start, length = struct.unpack_from("<II", image, 0x248)
    setup = (image[0x1F1] or 4) + 1
    return image[setup * 512 + start:][:length]


def uncompressed(data):
    if data.startswith(b"\x1f\x8b"):
        return gzip.decompress(data[:-4])
    if data.startswith(b"\xfd7zXZ\x00"):
        return lzma.decompress(data[:-4])
    if data.startswith(b"\x28\xb5\x2f\xfd"):
        return subprocess.run(["zstd", "--decompress", "--stdout"], input=data[:-4], stdout=subprocess.PIPE, check=True).stdout
    raise ValueError(f"a compression that is unknown here: {data[:4].hex()}")


def main(source, target):
    with open(source, "rb") as file:
        image = uncompressed(payload(file.read()))
    if not image.startswith(b"\x7fELF"):
        raise ValueError("what is in the bzImage is no ELF file")
    with open(target, "wb") as file:
        file.write(image)


if __name__ == "__main__":
    main(*sys.argv[1:])
