import FileSupport
import Foundation
import Report
import RunStore
import StudyFiles
import Unlearn

/// `driftscope run STUDY --dry-run`: all that a run would refuse is refused, and what it would take is told; nothing is
/// written.
package enum DryRun {
    struct Line {
        let name: String
        let cost: StageCost
        let seconds: Double
        let isDone: Bool
    }

    /// Checks a study's inputs and estimates its stages.
    ///
    /// - Parameters:
    ///   - path: the run folder.
    ///   - resume: tells what is left of the run there.
    /// - Throws: ``InputError`` for what a run would refuse.
    package static func run(
        _ study: StudyFile, folder path: String, resume: Bool, registry: StudyRegistry = .standard,
        progress: ProgressLine
    ) throws -> CommandResult {
        let folder = RunFolder(path)
        try folder.requireUsable(resume: resume)
        if try folder.isPacked { try folder.requireUnended() }
        let plan = try StudyPlan(study, registry: registry, progress: progress)
        try folder.requireFree(resolvedStudy: plan.resolved, resume: resume, registry: registry)
        if resume {
            // A run that goes on there would be waited for.
            _ = try RunLock(folder)
            try folder.requireSameInputs(plan.resolved)
        }
        // What the unlearning would refuse before its first step.
        _ = try Unlearner(
            model: plan.inputs.before, forget: plan.inputs.forget, retain: plan.inputs.retain?.pieces,
            guardText: plan.inputs.guardText?.pieces, configuration: plan.inputs.configuration, stateFolder: nil,
            reference: plan.inputs.before, scores: { _ in [:] })
        let contents = try RunContents(
            folder, resume && folder.holdsStore ? RunReader(path) : nil, of: study, writer: nil)
        progress.begin("measuring this machine")
        let resident = residentBytes()
        let calibration = Calibration(plan)
        progress.begin("estimating")
        let lines = try Stages.all.filter { $0.isAsked(study) }.map { stage in
            let cost = try stage.cost(plan)
            return Line(
                name: stage.name, cost: cost, seconds: calibration.seconds(cost.work),
                isDone: try contents.isPacked ? stage != ReportStage.self : stage.isDone(plan, contents))
        }
        progress.finishLine()
        return CommandResult(text: text(lines, resident: resident), json: json(lines, resident: resident))
    }

    /// Bytes of memory that the process has taken so far, which the stages' come on top of.
    private static func residentBytes() -> Double {
        var usage = rusage()
        #if os(Linux)
            return getrusage(RUSAGE_SELF.rawValue, &usage) == 0 ? Double(usage.ru_maxrss) * 1024 : 0
        #else
            return getrusage(RUSAGE_SELF, &usage) == 0 ? Double(usage.ru_maxrss) : 0
        #endif
    }

    // MARK: Sums

    private static func totals(_ lines: [Line], resident: Double) -> (seconds: Double, memory: Double, disk: Double) {
        let left = lines.filter { !$0.isDone }
        return (
            left.reduce(0) { $0 + $1.seconds }, resident + (left.map(\.cost.memory).max() ?? 0),
            left.reduce(0) { $0 + $1.cost.stored + $1.cost.files }
        )
    }

    // MARK: For people

    private static func text(_ lines: [Line], resident: Double) -> String {
        var table = TextTable(["stage", "time", "memory", "disk"], last: "what")
        for line in lines {
            if line.isDone {
                table.add([line.name, line.cost.told.isEmpty ? "nothing" : "done", "-", "-"])
            } else {
                table.add(
                    [
                        line.name, duration(line.seconds), size(resident + line.cost.memory),
                        size(line.cost.stored + line.cost.files),
                    ], last: line.cost.told.map(counted).joined(separator: ", "))
            }
        }
        let sum = totals(lines, resident: resident)
        table.add(["total", duration(sum.seconds), size(sum.memory), size(sum.disk)])
        return table.text
            + """
            Times are estimated from what this machine did in half a second; the unlearning and retrainings are told for all \
            of their steps, of which a guard may spare some. Nothing was written.

            """
    }

    private static func counted(_ number: Int, _ noun: String) -> String {
        "\(number) \(number == 1 ? noun : noun + "s")"
    }

    static func duration(_ seconds: Double) -> String {
        switch seconds {
        case ..<0.95: NumberText.fixed(seconds, 1) + " s"
        case ..<90: "\(Int(seconds.rounded())) s"
        case ..<5400: "\(Int((seconds / 60).rounded())) min"
        default: "\(Int(seconds / 3600)) h \(Int(seconds / 60) % 60) min"
        }
    }

    static func size(_ bytes: Double) -> String {
        switch bytes {
        case ..<1e6: "\(Int((bytes / 1e3).rounded())) kB"
        case ..<1e9: "\(Int((bytes / 1e6).rounded())) MB"
        default: NumberText.fixed(bytes / 1e9, 1) + " GB"
        }
    }

    // MARK: For machines

    private static func json(_ lines: [Line], resident: Double) -> JSON {
        let sum = totals(lines, resident: resident)
        return [
            "stages": .array(
                lines.map { line in
                    [
                        "stage": .string(line.name), "done": .bool(line.isDone),
                        "counts": .array(
                            line.cost.told.map { ["number": .integer($0.number), "of": .string($0.noun)] }),
                        "seconds": .number(line.seconds), "memory_bytes": .number(resident + line.cost.memory),
                        "disk_bytes": .number(line.cost.stored + line.cost.files),
                    ]
                }),
            "total": [
                "seconds": .number(sum.seconds), "memory_bytes": .number(sum.memory), "disk_bytes": .number(sum.disk),
            ],
        ]
    }
}
