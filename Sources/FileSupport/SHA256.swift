import CCrypto
import Foundation

/// SHA-256 digests as lower-case hexadecimal text, for provenance and the audit log.
public enum SHA256Hex {
    /// The digest of some bytes.
    public static func of(_ bytes: some DataProtocol) -> String {
        let hash = RunningSHA256()
        for region in bytes.regions { region.withUnsafeBytes(hash.update) }
        return hash.finish()
    }

    /// The digest of a text's UTF-8 bytes.
    public static func of(_ text: String) -> String { of(Array(text.utf8)) }

    /// The digest of raw memory.
    public static func of(_ memory: UnsafeRawBufferPointer) -> String {
        let hash = RunningSHA256()
        hash.update(memory)
        return hash.finish()
    }

    /// The digest and size of a file, read in blocks.
    ///
    /// - Throws: ``InputError`` when it cannot be read.
    public static func ofFile(_ path: String) throws -> (sha256: String, bytes: Int) {
        let handle = try Input.open(path).handle
        defer { try? handle.close() }
        let hash = RunningSHA256()
        var count = 0
        while let block = try handle.read(upToCount: 1 << 20), !block.isEmpty {
            block.withUnsafeBytes(hash.update)
            count += block.count
        }
        return (hash.finish(), count)
    }
}

/// A digest that takes its bytes piece by piece, by the system's libcrypto.
private final class RunningSHA256 {
    private let context: OpaquePointer

    init() {
        // Both calls fail only without memory, or in a library built without SHA-256.
        guard let context = EVP_MD_CTX_new(), EVP_DigestInit_ex(context, EVP_sha256(), nil) == 1 else {
            preconditionFailure("libcrypto gives no SHA-256")
        }
        self.context = context
    }

    deinit { EVP_MD_CTX_free(context) }

    func update(_ bytes: UnsafeRawBufferPointer) {
        precondition(EVP_DigestUpdate(context, bytes.baseAddress, bytes.count) == 1)
    }

    func finish() -> String {
        var digest = [UInt8](repeating: 0, count: 32)
        precondition(EVP_DigestFinal_ex(context, &digest, nil) == 1)
        return digest.map { byte in
            let text = String(byte, radix: 16)
            return byte < 16 ? "0" + text : text
        }.joined()
    }
}
