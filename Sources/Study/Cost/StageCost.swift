/// Work of the kinds that take the time of a run.
struct Work: Equatable {
    /// Floating-point operations of forward passes that keep nothing.
    var forward = 0.0
    /// Floating-point operations of passes that go back, both ways together.
    var training = 0.0
    var normals = 0.0
    /// Parameters read and written in sums, differences and optimizer steps.
    var touched = 0.0
    /// Element operations of the analysis: resampled items, matched controls, neighbours.
    var analysed = 0.0

    static func + (a: Work, b: Work) -> Work {
        Work(
            forward: a.forward + b.forward, training: a.training + b.training, normals: a.normals + b.normals,
            touched: a.touched + b.touched, analysed: a.analysed + b.analysed)
    }

    static func * (work: Work, times: Double) -> Work {
        Work(
            forward: work.forward * times, training: work.training * times, normals: work.normals * times,
            touched: work.touched * times, analysed: work.analysed * times)
    }
}

/// What a stage would take.
struct StageCost {
    /// What it does, in numbers, such as 252 scorings.
    let counts: [(number: Int, noun: String)]
    /// What takes its time.
    var work = Work()
    /// Bytes of memory at its peak, beside θ0 and the inputs.
    var memory = 0.0
    /// Bytes that it writes for run.h5.
    var stored = 0.0
    /// Bytes of other files that it writes.
    var files = 0.0

    /// The counts that are told: those that are not 0.
    var told: [(number: Int, noun: String)] { counts.filter { $0.number != 0 } }
}
