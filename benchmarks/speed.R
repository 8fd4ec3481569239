# What benchmarks/speed.py times in R.
# Usage: Rscript speed.R TASK FOLDER FORMULA REPEATS   (the exam tasks: the path of exam.csv for the folder)
# Prints, as JSON, the processor seconds of each call after a warm-up on few rows, and the process's peak memory in bytes;
# Rscript speed.R versions prints those.
suppressMessages({library(lme4); library(pbkrtest)})
arguments <- commandArgs(TRUE)
task <- arguments[1]
if (task == "versions") {
  cat(sprintf('{"versions": "R %s, lme4 %s, pbkrtest %s, BLAS of R %s"}', getRversion(), packageVersion("lme4"),
              packageVersion("pbkrtest"), basename(sessionInfo()$BLAS)))
  quit()
}
formula <- as.formula(arguments[3])
column <- function(name, what = "double", size = 8) {
  path <- file.path(arguments[2], paste0(name, ".bin"))
  readBin(path, what, file.size(path) / size, size = size)
}
pupils <- function() {
  school <- column("school", "integer", 4)
  names <- sprintf("S%06d", seq_len(max(school)) - 1L)
  data.frame(school = structure(school, levels = names, class = "factor"), treated = column("treated"),
             baseline = column("baseline"), disadvantaged = column("disadvantaged"), score = column("score"))
}
exam_twice <- function(data) {
  m <- lmer(formula, data); terms <- length(fixef(m)); vcovAdj(m)
  sapply(seq_len(terms), function(i) get_Lb_ddf(m, as.numeric(seq_len(terms) == i)))
}
exam_once <- function(data) {
  m <- lmer(formula, data); terms <- length(fixef(m)); plain <- vcov(m); adjusted <- vcovAdj(m)
  sapply(seq_len(terms), function(i) Lb_ddf(as.numeric(seq_len(terms) == i), plain, adjusted))
}
run <- switch(task, "lme4" = function(data) lmer(formula, data),
  "lme4-no-derivatives" = function(data) lmer(formula, data, control = lmerControl(calc.derivs = FALSE)),
  "exam-twice" = exam_twice, "exam-once" = exam_once)
data <- if (startsWith(task, "exam")) transform(read.csv(arguments[2]), school = factor(school)) else pupils()
for (warming in 1:3) run(droplevels(head(data, 2000)))  # R compiles a function at its second call or third
spent <- function(run) sum(system.time(run, gcFirst = FALSE)[c("user.self", "sys.self")])
invisible(gc())
times <- replicate(as.integer(arguments[4]), spent(run(data)))
peak <- grep("VmHWM", readLines("/proc/self/status"), value = TRUE)
cat(sprintf('{"seconds": [%s], "peak": %.0f}', toString(times), 1024 * as.numeric(gsub("\\D", "", peak))))
