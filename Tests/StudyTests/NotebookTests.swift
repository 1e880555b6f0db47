import FileSupport
import Foundation
import Study
import StudyFiles
import Testing

@Suite("Notebooks")
struct NotebookTests {
    private static let python = ProcessInfo.processInfo.environment["DRIFTSCOPE_PYTHON"]
    private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("notebooks-md")

    @Test(
        "recompute the report's numbers from run.h5, and stop where the report says something else",
        .enabled(if: python != nil, "needs DRIFTSCOPE_PYTHON, a Python with notebooks-md/requirements.txt"))
    func execute() throws {
        let work = NSTemporaryDirectory() + "driftscope-notebook-" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: work) }
        let run = work + "/run"
        let study = try StudyFile.builtIn(overrides: [
            "analyze.null-draws=20", "analyze.controls=200", "analyze.bootstrap=200", "evaluate.pairs=40",
            "why.controls=2",
        ])
        try StudyRun(study, folder: run).run()

        let notebooks = try FileManager.default.contentsOfDirectory(atPath: Self.folder.path)
            .filter { $0.hasSuffix(".md") && $0.first?.isNumber == true }.sorted()
        #expect(!notebooks.isEmpty)
        for notebook in notebooks {
            let (status, output) = try Self.execute(notebook, on: run, in: work)
            #expect(status == 0, "\(notebook): \(output)")
        }

        let report = run + "/report.json"
        let text = try Input.text(report)
        for name in ["bias_after", "relative_displacement", "anchors"] {
            let digit = try #require(text.range(of: "\"\(name)\": [0-8]", options: .regularExpression))
            let wrong = text.replacingCharacters(in: digit, with: "\"\(name)\": 9")
            try AtomicFile.write(wrong, to: report)
            let (status, output) = try Self.execute("00-open-a-run.md", on: run, in: work)
            #expect(status != 0 && output.contains("AssertionError"), "\(name): \(output.suffix(2000))")
        }
    }

    /// Runs a notebook as Jupyter would, in its own folder.
    private static func execute(_ notebook: String, on run: String, in work: String) throws -> (Int32, String) {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: try #require(python))
        process.arguments = [
            "-m", "jupytext", "--to", "ipynb", "--execute", "--output", work + "/" + notebook + ".ipynb",
            folder.appendingPathComponent(notebook).path,
        ]
        process.environment = ProcessInfo.processInfo.environment.merging(["DRIFTSCOPE_RUN": run]) { _, new in new }
        let output = Pipe()
        process.standardOutput = output
        process.standardError = output
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return (process.terminationStatus, text)
    }
}
