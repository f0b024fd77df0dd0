/// What each "if" of ReviewedCalls stands for, by the filter's column; then what differs from default with a network
/// (host, the same for loopback) and where memory must not be writable and executable (unwritable).
///
/// Arguments count from 0, bits and values are hexadecimal: 0xc00 are S_ISUID and S_ISGID, 0x400040 O_CREAT and O_TMPFILE.
enum ReviewedConditions {
    static let text = """
        default chmod: arg1&0xc00 { 0x0: allow; else EPERM }
        default clone: arg0&0x7e020080 { 0x0: allow; else EPERM }
        default creat: arg1&0xc00 { 0x0: allow; else EPERM }
        default fchmod: arg1&0xc00 { 0x0: allow; else EPERM }
        default fchmodat: arg2&0xc00 { 0x0: allow; else EPERM }
        default fchmodat2: arg2&0xc00 { 0x0: allow; else EPERM }
        default ioctl: arg1 { 0x5412 0x541c 0x5423: EPERM; else allow }
        default mkdir: arg1&0xc00 { 0x0: allow; else EPERM }
        default mkdirat: arg2&0xc00 { 0x0: allow; else EPERM }
        default mknod: arg1&0xfc00 { 0x0 0x8000 0x1000 0xc000: allow; else EPERM }
        default mknodat: arg2&0xfc00 { 0x0 0x8000 0x1000 0xc000: allow; else EPERM }
        default open: arg1&0x400040 { 0x0: allow; else arg2&0xc00 { 0x0: allow; else EPERM } }
        default openat: arg2&0x400040 { 0x0: allow; else arg3&0xc00 { 0x0: allow; else EPERM } }
        default personality: arg0 { 0x0 0xffffffff: allow; else EPERM }
        default prctl: arg0 { 0x1 0x23 0x3e: EPERM; else allow }
        default seccomp: arg1&0x8 { 0x0: allow; else EPERM }
        default socket: arg0 { 0x1: allow; else EAFNOSUPPORT }
        default socketpair: arg0 { 0x1: allow; else EAFNOSUPPORT }
        strict chmod: arg1&0xc00 { 0x0: allow; else EPERM }
        strict clone: arg0&0x7e020080 { 0x0: allow; else EPERM }
        strict creat: arg1&0xc00 { 0x0: allow; else EPERM }
        strict fchmod: arg1&0xc00 { 0x0: allow; else EPERM }
        strict fchmodat: arg2&0xc00 { 0x0: allow; else EPERM }
        strict fchmodat2: arg2&0xc00 { 0x0: allow; else EPERM }
        strict ioctl: arg1 { 0x5412 0x541c 0x5423: EPERM; else allow }
        strict mkdir: arg1&0xc00 { 0x0: allow; else EPERM }
        strict mkdirat: arg2&0xc00 { 0x0: allow; else EPERM }
        strict mknod: arg1&0xfc00 { 0x0 0x8000 0x1000 0xc000: allow; else EPERM }
        strict mknodat: arg2&0xfc00 { 0x0 0x8000 0x1000 0xc000: allow; else EPERM }
        strict open: arg1&0x400040 { 0x0: allow; else arg2&0xc00 { 0x0: allow; else EPERM } }
        strict openat: arg2&0x400040 { 0x0: allow; else arg3&0xc00 { 0x0: allow; else EPERM } }
        strict prctl: arg0 { 0x1 0x23 0x3e 0x16: EPERM; else allow }
        strict socketpair: arg0 { 0x1: allow; else EAFNOSUPPORT }
        init kill: arg1 { 0x9: allow; else EPERM }
        init mmap: arg2&0x4 { 0x0: allow; else EPERM }
        init mprotect: arg2&0x4 { 0x0: allow; else EPERM }
        monitor ioctl: arg1 { 0x5413 0x5414 0x540f 0x40045436: allow; else EPERM }
        monitor mmap: arg2&0x4 { 0x0: allow; else EPERM }
        monitor mprotect: arg2&0x4 { 0x0: allow; else EPERM }
        monitor openat: arg2&0x400040 { 0x0: allow; else arg3&0xc00 { 0x0: allow; else EPERM } }
        host socket: arg0 { 0x1: allow; 0x2 0xa: arg1&0xf { 0x1 0x2: arg2 { 0x0 0x6 0x11: allow; else \
        EPROTONOSUPPORT }; else EPERM }; 0x10: arg2 { 0x0: allow; else EPROTONOSUPPORT }; else EAFNOSUPPORT \
        }
        unwritable mmap: arg2&0x6 { 0x6: EPERM; else allow }
        unwritable mprotect: arg2&0x4 { 0x0: allow; else EPERM }
        unwritable pkey_mprotect: arg2&0x4 { 0x0: allow; else EPERM }
        unwritable shmat: arg2&0x8000 { 0x0: allow; else EPERM }
        """
}
