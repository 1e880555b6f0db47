import Foundation

/// Where the public data sets lie, from the variable `DRIFTSCOPE_DATA`; nil when it is not set.
///
/// A test that needs them is enabled by this and says so when it is skipped; its twin on our own text always runs.
public let publicData: String? = ProcessInfo.processInfo.environment["DRIFTSCOPE_DATA"].flatMap {
    FileManager.default.fileExists(atPath: $0) ? $0 : nil
}

/// A new empty folder for one test.
public func temporaryFolder(_ name: String = "test") throws -> String {
    let path = NSTemporaryDirectory() + "driftscope-\(name)-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    return path
}

/// A number from an environment variable: how much of a random test is done, and from which seed.
public func environmentNumber(_ name: String, _ standard: Int) -> Int {
    ProcessInfo.processInfo.environment[name].flatMap { Int($0) } ?? standard
}
