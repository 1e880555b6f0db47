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
        return try file.map(count: count(run))
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

    /// Keeps a domain's gradient, in the place of its start.
    static func write(_ gradient: FloatBuffer, domain: String, _ run: RunContext) throws {
        try file(domain, run.folder).write(gradient)
        try startFile(domain, run.folder).remove()
    }

    /// Where a path begins, ∇B_d(θ0) of the untied model on the leading benchmark; only to be read. Several stages want
    /// it before the path is taken, so it is kept until then.
    static func start(_ domain: String, _ run: RunContext) throws -> FloatBuffer {
        let file = startFile(domain, run.folder)
        if !file.exists {
            let model = run.before.hasTiedEmbeddings ? try run.before.untied(in: run.folder.scratch) : run.before
            try file.write(run.plan.leadingScorer.biasObjective(domain).gradient(model))
            model.releaseWorkingMemory()
        }
        return try file.map(count: count(run))
    }

    /// The same of the model itself; nil on other benchmarks, where a benchmark has no such pairs, and where no path is
    /// taken, which would be all that it is kept for.
    static func tiedStart(_ domain: String, on benchmark: String, _ run: RunContext) throws -> FloatBuffer? {
        let scorer = run.plan.leadingScorer
        guard run.study.why.alignment, benchmark == scorer.benchmark, scorer.count(in: domain) > 0,
            run.study.domains.all.contains(domain)
        else { return nil }
        return try run.before.foldedOutputGradient(start(domain, run), in: run.folder.scratch)
    }

    /// What it costs to take those of all domains, where the alignment has not.
    static func cost(_ plan: StudyPlan) -> Work {
        plan.study.why.alignment
            ? Work()
            : (plan.costs.gradients(plan.leadingScorer) + plan.costs.sweeps(Double(plan.costs.domains)))
                * Double(plan.budget.pathNodes)
    }

    /// Parameters of the untied model.
    private static func count(_ run: RunContext) -> Int {
        run.before.layout.count + (run.before.hasTiedEmbeddings ? run.before.outputEmbedding.count : 0)
    }

    private static func file(_ domain: String, _ folder: RunFolder) -> FloatFile {
        FloatFile(path: folder.pathGradients + "/" + RunPaths.safe(domain))
    }

    private static func startFile(_ domain: String, _ folder: RunFolder) -> FloatFile {
        FloatFile(path: folder.pathGradients + "/start of " + RunPaths.safe(domain))
    }
}
