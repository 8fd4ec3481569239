# A model of lmerTest's at the least point that lme4's criterion can be brought to. lme4 ends too early by default, and on
# some data at a point of the boundary that is not the least: so by several roads, the last from the best so far with its
# correlations turned about, and then by Newton's steps.
QUIET <- lmerControl(optimizer = NULL, check.conv.singular = "ignore", check.scaleX = "ignore")
BOBYQA <- list(rhobeg = 2e-3, rhoend = 1e-9, maxfun = 1e5)
criterion <- function(m) m@devcomp$cmp[[if (isREML(m)) "REML" else "dev"]]

least_fit <- function(formula, data, reml = TRUE, weights = NULL, offset = NULL) {
  asked <- list(as.formula(formula), quote(data), REML = reml, control = quote(QUIET))
  if (!is.null(weights)) asked$weights <- as.name(weights)
  if (!is.null(offset)) asked$offset <- as.name(offset)
  run <- function(by, ...) suppressMessages(eval(as.call(c(by, asked, list(...)))))
  deviance <- do.call(mkLmerDevfun, run(quote(lFormula)))
  theta <- least_theta(deviance, environment(deviance)$lower)
  run(quote(lmerTest::lmer), start = theta)
}

least_theta <- function(deviance, lower) {
  search <- function(optimizer, control, start = NULL)
    suppressWarnings(optimizeLmer(deviance, optimizer = optimizer, control = control, start = start))
  least <- function(...) list(...)[[which.min(sapply(list(...), `[[`, "fval"))]]
  best <- least(search("bobyqa", BOBYQA), search("nloptwrap", list()), search("Nelder_Mead", list()))
  best <- least(best, search("bobyqa", BOBYQA, ifelse(lower == 0, pmax(best$par, 0.05), -best$par)))
  theta <- polished(deviance, best$par, lower)
  if (deviance(theta) > best$fval + 1e-8) stop("Newton's steps went uphill, from ", toString(best$par))
  theta
}

# Newton's steps on lme4's own deviance, by numDeriv's extrapolated derivatives: a search by values alone cannot see theta
# beyond the root of the deviance's rounding. What has ended on the boundary stays there.
polished <- function(deviance, theta, lower) {
  free <- !(theta <= 1e-5 & lower == 0)
  theta[!free] <- 0
  if (!any(free)) return(theta)
  inside <- function(part) deviance(replace(theta, free, part))
  wide <- list(d = 1e-2, eps = 1e-3, zero.tol = 1e-2)
  bend <- MASS::ginv(numDeriv::hessian(inside, theta[free], method.args = wide), tol = 1e-8)
  for (step in 1:3) theta[free] <- theta[free] - bend %*% numDeriv::grad(inside, theta[free], method.args = wide)
  theta
}
