import FileSupport
import Foundation
import LinearAlgebra
import Report

extension Inspection {
    /// What this machine computes with.
    package static func machine() -> CommandResult {
        let memory = Double(ProcessInfo.processInfo.physicalMemory)
        return result([
            ("processor", processor ?? "not known"), ("threads", "\(Threads.count) of \(Threads.defaultCount)"),
            ("memory", NumberText.fixed(memory / 0x1p30, 1) + " GiB"),
            ("products", BLAS.kernels),
        ])
    }

    /// As the system names it; nil where it does not.
    private static var processor: String? {
        guard let text = try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8) else { return nil }
        let line = text.split(separator: "\n").first { $0.hasPrefix("model name") }
        return line?.split(separator: ":").last.map { $0.trimmingCharacters(in: .whitespaces) }
    }
}
