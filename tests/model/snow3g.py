"""SNOW 3G (ETSI/SAGE specification, document 2), and UEA2/UIA2 on it (document 1).

Written to be read beside the specification. The tables are computed from its formulae; the
shift register is a list that only grows, so that a clock is one append.
"""

MASK = 0xFFFFFFFF


def mulx(value, c, width=8):
    """MULx: multiply by x in GF(2^width), the polynomial's lower part being c."""
    value <<= 1
    return (value ^ c) & ((1 << width) - 1) if value >> width else value


def mulx_pow(value, power, c):
    for _ in range(power):
        value = mulx(value, c)
    return value


def multiply(a, b, polynomial):
    """The product of two octets in GF(2^8); the polynomial with its leading bit."""
    product = 0
    while b:
        if b & 1:
            product ^= a
        a = mulx(a, polynomial & 0xFF)
        b >>= 1
    return product


def power(value, exponent, polynomial):
    result = 1
    for _ in range(exponent):
        result = multiply(result, value, polynomial)
    return result


def rijndael_sbox():
    """S_R (3.3.1): the inverse in GF(2^8) under x^8+x^4+x^3+x+1, then the affine map."""
    box = []
    for x in range(256):
        inverse = power(x, 254, 0x11B)
        rotations = [(inverse << r | inverse >> (8 - r)) & 0xFF for r in range(1, 5)]
        box.append(inverse ^ rotations[0] ^ rotations[1] ^ rotations[2] ^ rotations[3] ^ 0x63)
    return box


def dickson_sbox():
    """S_Q (3.3.2): the Dickson polynomial g_49 over x^8+x^6+x^5+x^3+1, plus 0x25."""
    box = []
    for x in range(256):
        value = 0x25
        for exponent in (1, 9, 13, 15, 33, 41, 45, 47, 49):
            value ^= power(x, exponent, 0x169)
        box.append(value)
    return box


def column_tables(box, c):
    """The four tables whose XOR is S1 (c = 0x1B) or S2 (c = 0x69) of a word."""
    tables = [[], [], [], []]
    for x in range(256):
        one = box[x]
        two = mulx(one, c)
        three = two ^ one
        # w0 is the most significant octet; the rows are r0..r3.
        tables[0].append(two << 24 | three << 16 | one << 8 | one)
        tables[1].append(one << 24 | two << 16 | three << 8 | one)
        tables[2].append(one << 24 | one << 16 | two << 8 | three)
        tables[3].append(three << 24 | one << 16 | one << 8 | two)
    return tables


S1 = column_tables(rijndael_sbox(), 0x1B)
S2 = column_tables(dickson_sbox(), 0x69)
MUL_ALPHA = [
    mulx_pow(c, 23, 0xA9) << 24 | mulx_pow(c, 245, 0xA9) << 16
    | mulx_pow(c, 48, 0xA9) << 8 | mulx_pow(c, 239, 0xA9)
    for c in range(256)
]
DIV_ALPHA = [
    mulx_pow(c, 16, 0xA9) << 24 | mulx_pow(c, 39, 0xA9) << 16
    | mulx_pow(c, 6, 0xA9) << 8 | mulx_pow(c, 64, 0xA9)
    for c in range(256)
]


def keystream(key, iv, words):
    """`words` keystream words for a key and an IV of 16 octets (K3..K0 and IV3..IV0)."""
    k3, k2, k1, k0 = (int.from_bytes(key[i:i + 4], "big") for i in (0, 4, 8, 12))
    iv3, iv2, iv1, iv0 = (int.from_bytes(iv[i:i + 4], "big") for i in (0, 4, 8, 12))
    s = [k0 ^ MASK, k1 ^ MASK, k2 ^ MASK, k3 ^ MASK, k0, k1, k2, k3,
         k0 ^ MASK, k1 ^ MASK ^ iv3, k2 ^ MASK ^ iv2, k3 ^ MASK, k0 ^ iv1, k1, k2, k3 ^ iv0]
    r1 = r2 = r3 = 0
    a0, a1, a2, a3 = S1
    b0, b1, b2, b3 = S2
    mul, div = MUL_ALPHA, DIV_ALPHA
    stream = []
    for t in range(33 + words):
        f = ((s[t + 15] + r1) & MASK) ^ r2
        r = (r2 + (r3 ^ s[t + 5])) & MASK
        r3 = b0[r2 >> 24] ^ b1[r2 >> 16 & 255] ^ b2[r2 >> 8 & 255] ^ b3[r2 & 255]
        r2 = a0[r1 >> 24] ^ a1[r1 >> 16 & 255] ^ a2[r1 >> 8 & 255] ^ a3[r1 & 255]
        r1 = r
        s0, s11 = s[t], s[t + 11]
        v = (s0 << 8 & MASK) ^ mul[s0 >> 24] ^ s[t + 2] ^ s11 >> 8 ^ div[s11 & 255]
        if t < 32:
            s.append(v ^ f)
            continue
        s.append(v)
        if t > 32:
            stream.append(f ^ s0)
    return stream


def multiply64(value, table):
    """value * P in GF(2^64) mod x^64+x^4+x^3+x+1, four bits a step; table as made below."""
    result = 0
    for shift in range(60, -4, -4):
        top = result >> 60
        # top * x^64 = top * (x^4+x^3+x+1), which stays below x^8.
        result = (result << 4 & 0xFFFFFFFFFFFFFFFF) ^ top ^ top << 1 ^ top << 3 ^ top << 4
        result ^= table[value >> shift & 15]
    return result


def multiples64(p):
    """n * P for every n of four bits."""
    doubled = [p]
    for _ in range(3):
        doubled.append(mulx(doubled[-1], 0x1B, 64))
    return [
        (doubled[0] if n & 1 else 0) ^ (doubled[1] if n & 2 else 0)
        ^ (doubled[2] if n & 4 else 0) ^ (doubled[3] if n & 8 else 0)
        for n in range(16)
    ]


def uia2(key, count, fresh, direction, message, bits):
    """The 32-bit MAC of UIA2 as 4 octets."""
    iv = b"".join(word.to_bytes(4, "big") for word in (
        count, fresh, count ^ direction << 31, fresh ^ direction << 15))
    z = keystream(key, iv, 5)
    p = multiples64(z[0] << 32 | z[1])
    q = multiples64(z[2] << 32 | z[3])
    evaluation = 0
    for i in range(0, (bits + 7) // 8, 8):
        block = message[i:i + 8].ljust(8, b"\0")
        evaluation = multiply64(evaluation ^ int.from_bytes(block, "big"), p)
    evaluation = multiply64(evaluation ^ bits, q)
    return (evaluation >> 32 ^ z[4]).to_bytes(4, "big")
