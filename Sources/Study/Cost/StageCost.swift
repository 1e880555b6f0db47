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
struct StageCost: Equatable {
    /// Something counted, such as 252 scorings.
    struct Count: Equatable {
        var number: Int
        var noun: String
        var text: String { "\(number) \(number == 1 ? noun : noun + "s")" }
    }

    /// What it does, in numbers; those that are 0 are left out.
    var counts: [Count]
    /// What takes its time.
    var work: Work
    /// Bytes of memory at its peak, beside θ0 and the inputs.
    var memory: Double
    /// Bytes that it writes for run.h5.
    var stored: Double
    /// Bytes of other files that it writes.
    var files: Double

    init(_ counts: [(Int, String)], work: Work = Work(), memory: Double = 0, stored: Double = 0, files: Double = 0) {
        self.counts = counts.filter { $0.0 != 0 }.map { Count(number: $0.0, noun: $0.1) }
        self.work = work
        self.memory = memory
        self.stored = stored
        self.files = files
    }
}
