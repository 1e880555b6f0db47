import Crypto
import Foundation

/// SHA-256 digests as lower-case hexadecimal text, for provenance and the audit log.
public enum SHA256Hex {
    /// The digest of some bytes.
    public static func of(_ bytes: some DataProtocol) -> String { hex(SHA256.hash(data: bytes)) }

    /// The digest of a text's UTF-8 bytes.
    public static func of(_ text: String) -> String { of(Array(text.utf8)) }

    /// The digest of raw memory.
    public static func of(_ memory: UnsafeRawBufferPointer) -> String {
        var hasher = SHA256()
        hasher.update(bufferPointer: memory)
        return hex(hasher.finalize())
    }

    /// The digest and size of a file, read in blocks.
    ///
    /// - Throws: ``InputError`` when it cannot be read.
    public static func ofFile(_ path: String) throws -> (sha256: String, bytes: Int) {
        guard let handle = FileHandle(forReadingAtPath: path) else {
            throw InputError("no such file", at: path, remedy: "check the path")
        }
        defer { try? handle.close() }
        var hasher = SHA256()
        var count = 0
        while let block = try handle.read(upToCount: 1 << 20), !block.isEmpty {
            hasher.update(data: block)
            count += block.count
        }
        return (hex(hasher.finalize()), count)
    }

    private static func hex(_ digest: SHA256.Digest) -> String {
        digest.map { byte in
            let text = String(byte, radix: 16)
            return byte < 16 ? "0" + text : text
        }.joined()
    }
}
