import FileSupport
import Foundation
import TestSupport
import Testing

@Suite struct AtomicFileTests {
    @Test("a file that is being written has its own name or the temporary one, so that leftovers are known and removed")
    func names() async throws {
        let folder = try temporaryFolder("atomic-file")
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let path = folder + "/report.json"
        let writer = Task.detached { for count in 0..<2000 { try AtomicFile.write("\(count)", to: path) } }
        var strangers: Set<String> = []
        for _ in 0..<10_000 where (try? String(contentsOfFile: path, encoding: .utf8)) != "1999" {
            for name in try FileManager.default.contentsOfDirectory(atPath: folder)
            where name != "report.json" && !name.hasSuffix(AtomicFile.temporarySuffix) {
                strangers.insert(name)
            }
        }
        try await writer.value
        #expect(strangers.isEmpty, "the first of \(strangers.count): \(strangers.first ?? "")")
    }
}
