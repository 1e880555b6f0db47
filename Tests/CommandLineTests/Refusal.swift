import Foundation
import Testing

/// Expects that driftscope refuses its input: code 2, one line that says what, where and what to do, nothing written.
///
/// - Parameters:
///   - fragments: texts that the line holds.
///   - untouched: a path that is as it was, there or not.
func expectRefused(
    _ arguments: [String], _ fragments: [String], untouched path: String,
    sourceLocation: SourceLocation = #_sourceLocation
) throws {
    let before = listing(path)
    let ending = try Program.run(arguments)
    #expect(ending.code == 2, "\(ending.complaint)", sourceLocation: sourceLocation)
    #expect(ending.output.isEmpty, sourceLocation: sourceLocation)
    #expect(ending.complaints.count == 1, "\(ending.complaint)", sourceLocation: sourceLocation)
    let line = ending.complaint
    #expect(line.hasPrefix("driftscope: ") && line.hasSuffix("\n"), sourceLocation: sourceLocation)
    #expect(line.components(separatedBy: " - ").count >= 3, "\(line)", sourceLocation: sourceLocation)
    for fragment in fragments {
        #expect(line.contains(fragment), "\(line)", sourceLocation: sourceLocation)
    }
    #expect(listing(path) == before, sourceLocation: sourceLocation)
}

/// Every file below a path with its content; nil when nothing is there.
private func listing(_ path: String) -> [String: Data]? {
    let manager = FileManager.default
    guard manager.fileExists(atPath: path) else { return nil }
    if let content = manager.contents(atPath: path) { return ["": content] }
    var found: [String: Data] = [:]
    for case let name as String in manager.enumerator(atPath: path) ?? FileManager.DirectoryEnumerator() {
        found[name] = manager.contents(atPath: path + "/" + name) ?? Data()
    }
    return found
}
