"""What the scripts beside this file have in common with driftscope: the tests' tokenizer, and its random numbers."""


def tokens(text):
    """A space with a small letter after it is one token, any other byte is one."""
    out, i = [], 0
    while i < len(text):
        if text[i] == " " and text[i + 1 : i + 2].islower():
            out.append(257 + ord(text[i + 1]) - ord("a"))
            i += 2
        else:
            out.append(ord(text[i]) + 1)
            i += 1
    return out


def stream(seed, label):
    """xoshiro256**, seeded by splitmix64 from seed ^ FNV-1a(label), as numbers in [0, 1)."""
    mask = (1 << 64) - 1
    rotate = lambda x, k: ((x << k) | (x >> (64 - k))) & mask
    mixer = 0xCBF29CE484222325
    for byte in label.encode():
        mixer = ((mixer ^ byte) * 0x100000001B3) & mask
    mixer ^= seed
    s = []
    for _ in range(4):
        mixer = (mixer + 0x9E3779B97F4A7C15) & mask
        z = mixer
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & mask
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & mask
        s.append(z ^ (z >> 31))
    while True:
        out = (rotate((s[1] * 5) & mask, 7) * 9) & mask
        t = (s[1] << 17) & mask
        s[2] ^= s[0]
        s[3] ^= s[1]
        s[1] ^= s[2]
        s[0] ^= s[3]
        s[2] ^= t
        s[3] = rotate(s[3], 45)
        yield (out >> 11) * 2.0**-53
