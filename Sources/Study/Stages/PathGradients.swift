import Attribution
import LanguageModel
import LinearAlgebra
import Records
import RunStore

/// The gradients of the biases averaged along the update (``Attribution/PathGradient``), one file a domain: contributions
/// and mediation need what the alignment has taken.
enum PathGradients {
    /// The gradient of a domain's bias along the update of the untied models, from its file or, where the study asks for
    /// no alignment, taken now. Only to be read.
    static func read(_ domain: String, _ run: RunContext) throws -> FloatBuffer {
        let file = file(domain, run.folder)
        if !file.exists {
            let record = try run.reader().stage(AlignmentRecord.self)
            let taken = record?.tables.first { $0.domain == domain }?.nodes
            try file.write(
                try PathGradient.average(
                    update: try run.untiedUpdate(), objective: run.plan.leadingScorer.biasObjective(domain),
                    nodes: taken ?? run.plan.budget.pathNodes
                ) { _ in try run.checkInterrupt() })
        }
        let head = run.before.hasTiedEmbeddings ? run.before.outputEmbedding.count : 0
        return try file.map(count: run.before.layout.count + head)
    }

    /// Those of some domains, one after the other, told on the progress line.
    static func readAll<Kept>(
        _ domains: [String], _ run: RunContext, keep: (FloatBuffer) throws -> Kept
    ) throws -> [Kept] {
        try domains.enumerated().map { index, domain in
            let kept = try keep(try read(domain, run))
            run.progress.update(index + 1, of: domains.count)
            try run.checkInterrupt()
            return kept
        }
    }

    /// Keeps a domain's gradient.
    static func write(_ gradient: FloatBuffer, domain: String, _ run: RunContext) throws {
        try file(domain, run.folder).write(gradient)
    }

    /// What it costs to take those of all domains, where the alignment has not.
    static func cost(_ plan: StudyPlan) -> Work {
        plan.study.why.alignment
            ? Work()
            : (plan.costs.gradients(plan.leadingScorer) + plan.costs.sweeps(Double(plan.costs.domains)))
                * Double(plan.budget.pathNodes)
    }

    private static func file(_ domain: String, _ folder: RunFolder) -> FloatFile {
        FloatFile(path: folder.pathGradients + "/" + RunPaths.safe(domain))
    }
}
