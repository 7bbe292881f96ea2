"""ZUC (ETSI/SAGE specification of 128-EEA3 and 128-EIA3, document 2), and EIA3 (document 1)."""

S0 = bytes.fromhex(
    "3e725b47cae0003304d1549809b96dcb7b1bf932af9d6aa5b82dfc1d08530390"
    "4d4e8499e4ced991ddb685488b296eaccdc1f81e734369c6b5bdfd396320d438"
    "767db2a7cfed57c5f32cbb142106559be3ef5e314f7f5aa40d8251495fba581c"
    "4a16d517a892241f8cffd8ae2e01d3ad3b4bda46ebc9de9a8f87d73a806f2fc8"
    "b1b437f70a2213287ccc3c89c7c3965607bf7ef00b2b975235417961a64c10fe"
    "bc2695888ab0a3fbc01894f2e1e5e95dd0dc1166645cec59427512f5749caa23"
    "0e86abbe2a02e767e644a26cc2939ff1f6fa36d250689e6271153dd640c4e20f"
    "8e83776b25053f0c30ea70b7a1e8a9658d271adb81b3a0f4457a19dfee783460")
S1 = bytes.fromhex(
    "55c263713bc847869f3cda5b29aafd778cc5940ca61a1300e3a8167240f9f842"
    "4426689681d9453e1076c6a78b3943e13ab5562ac06db3052266bfdc0bfa6248"
    "dd20110636c9c1cff62752bb69f5d4877f844cd29c57a4bc4f9adffed68d7aeb"
    "2b53d85ca11417fb23d57d3067730809eeb7703f61b2198e4ee54b938f5ddba9"
    "adf1ae2ecb0dfcf42d466e1d97e8d1e94d37a5755e839eab829db91ce0cd4989"
    "01b6bd5824a25f387899159050b895e4d091c7ceed0fb46fa0ccf0024a79c3de"
    "a3efea51e66b18ec1b2c80f774e7ff215a6a541e41319235c433070aba7e0e34"
    "88b1987cf33d606c7bcad31f3265042864be859b2f598ad7b025acaf1203e2f2")
D = (0x44D7, 0x26BC, 0x626B, 0x135E, 0x5789, 0x35E2, 0x7135, 0x09AF,
     0x4D78, 0x2F13, 0x6BC4, 0x1AF1, 0x5E26, 0x3C4D, 0x789A, 0x47AC)

M32 = 0xFFFFFFFF
M31 = 0x7FFFFFFF


def rotations(word, *amounts):
    result = word
    for r in amounts:
        result ^= (word << r | word >> (32 - r)) & M32
    return result


# L1 and L2 are linear, so that the table of each octet may be made apart. What comes out of L1
# and L2 then goes through the S-boxes S0, S1, S0, S1.
L1 = [[rotations(x << shift, 2, 10, 18, 24) for x in range(256)] for shift in (24, 16, 8, 0)]
L2 = [[rotations(x << shift, 8, 14, 22, 30) for x in range(256)] for shift in (24, 16, 8, 0)]
S0_HIGH = [x << 24 for x in S0]
S1_HIGH = [x << 16 for x in S1]
S0_LOW = [x << 8 for x in S0]


def keystream(key, iv, words):
    """`words` keystream words for a key and an IV of 16 octets."""
    s = [key[i] << 23 | D[i] << 8 | iv[i] for i in range(16)]
    r1 = r2 = 0
    a0, a1, a2, a3 = L1
    b0, b1, b2, b3 = L2
    stream = []
    for t in range(33 + words):
        s0 = s[t]
        x0 = (s[t + 15] & 0x7FFF8000) << 1 | s[t + 14] & 0xFFFF
        x1 = (s[t + 11] & 0xFFFF) << 16 | s[t + 9] >> 15
        x2 = (s[t + 7] & 0xFFFF) << 16 | s[t + 5] >> 15
        w = ((x0 ^ r1) + r2) & M32
        w1 = (r1 + x1) & M32
        w2 = r2 ^ x2
        u = (w1 << 16 | w2 >> 16) & M32
        v = (w2 << 16 | w1 >> 16) & M32
        u = a0[u >> 24] ^ a1[u >> 16 & 255] ^ a2[u >> 8 & 255] ^ a3[u & 255]
        v = b0[v >> 24] ^ b1[v >> 16 & 255] ^ b2[v >> 8 & 255] ^ b3[v & 255]
        r1 = S0_HIGH[u >> 24] | S1_HIGH[u >> 16 & 255] | S0_LOW[u >> 8 & 255] | S1[u & 255]
        r2 = S0_HIGH[v >> 24] | S1_HIGH[v >> 16 & 255] | S0_LOW[v >> 8 & 255] | S1[v & 255]
        feedback = ((s[t + 15] << 15) + (s[t + 13] << 17) + (s[t + 10] << 21)
                    + (s[t + 4] << 20) + (s0 << 8) + s0)
        if t < 32:
            feedback += w >> 1
        # 3.2.1: modulo 2^31 - 1, and 2^31 - 1 stands for zero.
        s.append(feedback % M31 or M31)
        if t > 32:
            stream.append(w ^ ((s[t + 2] & 0xFFFF) << 16 | s0 >> 15))
    return stream


def eia3(key, iv, message, bits):
    """The 32-bit MAC of 128-EIA3 as 4 octets."""
    z = keystream(key, iv, (bits + 31) // 32 + 2)
    tag = 0
    words = (bits + 31) // 32
    padded = message.ljust(4 * words, b"\0")
    for i in range(words):
        word = int.from_bytes(padded[4 * i:4 * i + 4], "big")
        used = min(32, bits - 32 * i)
        pair = z[i] << 32 | z[i + 1]
        for bit in range(used):
            if word >> (31 - bit) & 1:
                tag ^= pair >> (32 - bit)
    first, shift = divmod(bits, 32)
    tag ^= (z[first] << 32 | z[first + 1]) >> (32 - shift)
    tag ^= z[-1]
    return (tag & M32).to_bytes(4, "big")
